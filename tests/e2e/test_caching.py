"""Steps whose work is taken over from a run before, on each orchestrator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
CACHED = """
extends: training
cache: true
steps:
  train: {cache: {days: 30}}
  evaluate: {cache: {days: 7}}
  deploy:
"""
WORK = ("validate", "prepare", "train", "evaluate")


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path_factory.mktemp("tiny"), str(request.param), pipelines={"cached": CACHED}) as made:
        made.target = str(request.param)  # type: ignore[attr-defined]
        yield made


def run(tiny: TinyEnvironment, *arguments: str) -> tuple[dict[str, Any], dict[str, str]]:
    tiny.run("run", STACK, "cached", "--follow", *arguments)
    found = json.loads(tiny.run("runs", "show", STACK, "last", "--json"))
    return found, {step["name"]: step["status"] for step in found["steps"] if step["name"] in WORK}


def done(statuses: dict[str, str]) -> list[str]:
    return [name for name in WORK if statuses[name] == "succeeded"]


def test_what_did_not_change_is_not_done_again(tiny: TinyEnvironment) -> None:
    whole = tiny.target == "sagemaker-pipelines"  # type: ignore[attr-defined]
    first, statuses = run(tiny)
    assert done(statuses) == [*WORK]

    second, statuses = run(tiny)
    assert {*statuses.values()} == {"reused"}
    assert second["metrics"] == first["metrics"]
    assert second["gate"]["passed"]
    assert {step["reused_from"] for step in second["steps"] if step["name"] in WORK} == {first["id"]}
    assert f"from run {first['id']}" in tiny.run("runs", "show", STACK, "last")
    listed = json.loads(tiny.run("runs", STACK, "--json"))["runs"][0]
    assert listed["metrics"] == first["metrics"]
    models = json.loads(tiny.run("models", STACK, "--json"))["models"]
    assert [one["run"] for one in models] == [second["id"], first["id"]]
    assert models[0]["data"] == models[1]["data"]
    assert models[0]["metrics"] == models[1]["metrics"] == first["metrics"]

    # A cloud that was stopped has forgotten nothing.
    tiny.run("cloud", "stop")
    tiny.run("cloud", "start")
    assert done(run(tiny)[1]) == []

    # A script of one step: SageMaker Pipelines compares the code as a whole, elsewhere the others do not know it.
    script = tiny.folder / "examples/tiny/evaluate.py"
    script.write_text(script.read_text().replace("0.95", "0.96"))
    third, statuses = run(tiny)
    assert third["metrics"]["auc"] == 0.96
    assert done(statuses) == ([*WORK] if whole else ["evaluate"])
    assert done(run(tiny)[1]) == []

    # Everything anew, when that is asked for.
    assert done(run(tiny, "--no-cache")[1]) == [*WORK]
    assert done(run(tiny)[1]) == []

    # Other data, although it lies in the same place.
    (tiny.folder / "data/numbers.csv").write_text("4\n5\n6\n")
    tiny.run("data", "put", STACK, "data", "raw/")
    _, statuses = run(tiny)
    assert done(statuses) == [*WORK]
    assert done(run(tiny)[1]) == []

    # The data as it was before, whatever lies there now: jobs read the copies of that version.
    old, statuses = run(tiny, "--data-version", "@previous")
    assert done(statuses) == [*WORK]
    assert "the mean is 2" in tiny.run("logs", STACK, old["id"])
    now, before = json.loads(tiny.run("data", "versions", STACK, "--json"))["versions"]
    told = old["record"]["data"]["data"]
    assert (told["digest"], told["copies"]) == (before["id"], f"curated/kept/data/{before['id']}/")
    assert before["id"] in tiny.run("lineage", STACK, old["id"])
    assert done(run(tiny, "--data-version", before["id"])[1]) == [], "the same copies are the same data"
    assert now["prefix"] == before["prefix"] == "raw/"

    # A run before that is too old.
    tiny.run("cloud", "advance", "10d")
    assert done(run(tiny)[1]) == ["evaluate"]
    if not whole:
        assert done(run(tiny, "--set", "hyperparameters.C=3")[1]) == ["train", "evaluate"]
