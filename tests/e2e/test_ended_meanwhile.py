"""An environment is changed or destroyed while things go on in it, on each orchestrator: nothing is left behind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError
from tests.support.leftovers import find_leftovers
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment
from tests.support.tiny_team import SEARCHED

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
OPTIONS = """
serving:
  flavour: realtime
  strategy: {kind: canary, percent: 20, bake_minutes: 30}
triggers:
  nightly: {kind: schedule, when: rate(1 hour)}
"""
ASKED = """
extends: training
steps:
  approve: {kind: approval, after: [gate]}
  register: {after: [approve]}
"""


@pytest.fixture(params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TinyEnvironment]:
    files = {"asked": ASKED, "searched": SEARCHED}
    folder = tmp_path / "project"
    with tiny_environment(folder, request.param, files, blueprint="realtime-inference", options=OPTIONS) as made:
        made.write("search.py", "import time\nprint('auc is 0.5')\ntime.sleep(300)")
        yield made


def step(tiny: TinyEnvironment, run: str, name: str, status: str) -> dict[str, Any]:
    """The run, when a step of it has a status."""
    for _ in range(600):
        found: dict[str, Any] = json.loads(tiny.run("runs", "show", STACK, run, "--json"))
        if any(one["name"] == name and one["status"] == status for one in found["steps"]):
            return found
        assert found["status"] == "running", found
        time.sleep(0.2)
    raise AssertionError(f"{name} of {run} does not become {status}: {found}")


def pending(tiny: TinyEnvironment) -> list[str]:
    """Jobs that go on, in the cloud's own words."""
    sagemaker = tiny.cloud.clients("eu-west-1")("sagemaker")
    found: list[str] = []
    for kind in ("processing", "training", "hyper_parameter_tuning", "transform"):
        word = "".join(part.title() for part in kind.split("_"))
        listed = getattr(sagemaker, f"list_{kind}_jobs")(StatusEquals="InProgress")[f"{word}JobSummaries"]
        found += [one[f"{word}JobName"] for one in listed]
    return found


def test_what_goes_on_ends_with_the_environment_and_triggers_start_nothing_more(tiny: TinyEnvironment) -> None:
    tiny.run("run", STACK, "training", "--follow")
    baking = tiny.run("run", STACK, "training").strip()
    waiting = tiny.run("run", STACK, "asked").strip()
    step(tiny, baking, "deploy", "running")
    found = step(tiny, waiting, "approve", "running")
    assert 0 < found["seconds"] < 600
    searching = tiny.run("run", STACK, "searched").strip()  # the last, as its trials fill the machine
    step(tiny, searching, "find", "running")

    destroyed = threading.Event()

    def fire() -> None:
        while not destroyed.is_set():
            try:
                tiny.cloud.advance(timedelta(hours=1))
            except CloudError:
                time.sleep(0.1)

    clock = threading.Thread(target=fire)
    clock.start()
    try:
        tiny.run("destroy", STACK, "--yes")
    finally:
        destroyed.set()
        clock.join()
    time.sleep(2)  # what fired last has begun by now
    assert find_leftovers(tiny.cloud.clients("eu-west-1"), STACK) == []
    assert pending(tiny) == []


def test_a_pipeline_goes_when_its_runs_have_ended(tiny: TinyEnvironment) -> None:
    files = tiny.folder / "examples/tiny/pipelines"
    run = tiny.run("run", STACK, "asked").strip()
    step(tiny, run, "approve", "running")
    searching = tiny.run("run", STACK, "searched").strip()
    step(tiny, searching, "find", "running")
    (files / "asked.yaml").rename(files / "signed.yaml")
    (files / "searched.yaml").unlink()
    for going in (run, searching):
        tiny.refused("up", STACK, "--yes", code=exit_codes.ERROR, says=(going, "goes on", "Nothing was changed."))
        tiny.run("runs", "stop", STACK, going)
    tiny.run("up", STACK, "--yes")
    assert "unchanged" in tiny.run("preview", STACK, "--expect-no-changes")
    assert sorted(json.loads(tiny.run("outputs", STACK, "--json"))["pipelines"]) == ["signed", "training"]
    assert pending(tiny) == []
    assert run not in tiny.run("runs", STACK, "--json")
    again = tiny.run("run", STACK, "signed").strip()
    step(tiny, again, "approve", "running")
    tiny.run("approve", STACK, again)
    step(tiny, again, "register", "succeeded")
    tiny.run("destroy", STACK, "--yes")
    assert find_leftovers(tiny.cloud.clients("eu-west-1"), STACK) == []
    assert pending(tiny) == []
