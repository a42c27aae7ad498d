"""Steps that are tried again, and steps that never end, as a team meets them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
FLAKY = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  fetch:
    kind: processing
    script: fetch.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: fetched}}
    retry: {attempts: 2, interval_seconds: 3600}
  train:
    kind: training
    script: fit.py
    channels: {train: fetch.data}
    retry: {attempts: 1, interval_seconds: 1, errors: [job]}
"""
FETCH = """
    import os, pathlib, shutil, sys
    if os.environ["PROCESSING_JOB_NAME"].endswith("-0"):
        sys.exit("the feed is not there yet")
    shutil.copytree("/opt/ml/processing/input/data", "/opt/ml/processing/output/data", dirs_exist_ok=True)
"""
FIT = """
    import os, pathlib, sys
    if os.environ["TRAINING_JOB_NAME"].endswith("-0"):
        sys.exit("it diverged")
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text("{}")
"""
HOPELESS = FLAKY.replace("attempts: 2, interval_seconds: 3600", "attempts: 1, interval_seconds: 1")
ENDLESS = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  wait:
    kind: processing
    script: endless.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: waited}}
    timeout_minutes: 1
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    own = {"flaky": FLAKY, "hopeless": HOPELESS.replace("fetch.py", "broken.py"), "endless": ENDLESS}
    with tiny_environment(tmp_path_factory.mktemp("tiny"), "step-functions", pipelines=own) as made:
        made.write("fetch.py", FETCH)
        made.write("fit.py", FIT)
        made.write("broken.py", 'raise SystemExit("never")')
        made.write("endless.py", "import time\nwhile True:\n    time.sleep(1)")
        yield made


def last(tiny: TinyEnvironment) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    found = json.loads(tiny.run("runs", "show", STACK, "last", "--json"))
    return found, {step["name"]: step for step in found["steps"]}


def test_a_step_that_failed_is_tried_again_after_its_wait_by_the_clouds_clock(tiny: TinyEnvironment) -> None:
    run = tiny.run("run", STACK, "flaky").split()[0]
    while last(tiny)[1]["fetch"]["reason"] == "":
        time.sleep(0.2)
    tiny.run("cloud", "advance", "2h")
    tiny.run("runs", STACK, run, "--follow")
    found, steps = last(tiny)
    assert found["status"] == "succeeded"
    assert [steps[name]["attempts"] for name in ("fetch", "train")] == [2, 2]
    assert steps["fetch"]["job"].endswith("-fetch-1")
    assert "training, attempt 2" in tiny.run("runs", "show", STACK, run)


def test_a_step_that_fails_each_time_fails_the_run(tiny: TinyEnvironment) -> None:
    tiny.run("run", STACK, "hopeless", "--follow", code=1)
    found, steps = last(tiny)
    assert found["status"] == "failed"
    assert steps["fetch"]["attempts"] == 2
    assert "never" in steps["fetch"]["reason"]
    assert steps["train"]["status"] == "skipped"


def test_a_script_that_never_ends_is_stopped_and_the_step_timed_out(tiny: TinyEnvironment) -> None:
    told = tiny.run("run", STACK, "endless", "--follow", code=1)
    found, steps = last(tiny)
    assert found["status"] == steps["wait"]["status"] == "timed-out"
    assert 55 < steps["wait"]["seconds"] < 180
    assert "stopped after 1 minute" in told
    assert "timeout_minutes" in told
