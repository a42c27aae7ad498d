"""A pipeline of a team's own with a choice, on each orchestrator: what is not done is shown as skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("choice", on=TARGETS)]

STACK = "tiny-dev"
CHOSEN = """
extends: training
parameters:
  mode: {type: string, default: measure, allowed: [measure, skip], description: Whether to register.}
steps:
  which:
    kind: choice
    when: [{metric: auc, at_least: 0.9}, {parameter: parameters.mode, equals: measure}]
    then: [gate, register]
    otherwise: [again]
  deploy:
  again:
    kind: processing
    script: again.py
    inputs: {data: prepare.test}
    outputs: {data: {zone: curated, folder: again}}
"""
CONDITIONAL = """
extends: training
parameters:
  mode: {type: string, default: full, allowed: [full, quick], description: Whether to train.}
steps:
  train: {when: [{parameter: parameters.mode, equals: full}]}
  register: {when: [{metric: auc, at_least: 0.9}]}
  deploy:
"""
AGAIN = """
    import pathlib
    folder = pathlib.Path("/opt/ml/processing/output/data")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "again.txt").write_text("again")
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(
        tmp_path_factory.mktemp("tiny"), str(request.param), pipelines={"chosen": CHOSEN, "maybe": CONDITIONAL}
    ) as made:
        made.write("again.py", AGAIN)
        yield made


def statuses(
    tiny: TinyEnvironment, *arguments: str, code: int = 0, pipeline: str = "chosen"
) -> tuple[str, dict[str, str]]:
    tiny.run("run", STACK, pipeline, "--follow", *arguments, code=code)
    found = json.loads(tiny.run("runs", "show", STACK, "last", "--json"))
    return found["status"], {step["name"]: step["status"] for step in found["steps"]}


def test_the_way_that_is_not_gone_is_skipped(tiny: TinyEnvironment) -> None:
    status, steps = statuses(tiny)
    assert status == "succeeded"
    assert steps["register"] == "succeeded"
    assert steps["again"] == "skipped"
    status, steps = statuses(tiny, "--set", "mode=skip")
    assert status == "succeeded"
    assert steps["gate"] == steps["register"] == "skipped"
    assert steps["again"] == "succeeded"


def test_neither_way_is_gone_by_a_metric_that_is_missing(tiny: TinyEnvironment) -> None:
    script = tiny.folder / "examples/tiny/evaluate.py"
    written = script.read_text()
    script.write_text(written.replace('"auc"', '"acu"'))
    status, steps = statuses(tiny, code=1)
    script.write_text(written)
    assert status == "failed"
    assert steps["which"] == "failed"
    assert steps["register"] == steps["again"] == "skipped"


def test_a_step_whose_condition_does_not_hold_is_skipped_with_what_needs_it(tiny: TinyEnvironment) -> None:
    status, steps = statuses(tiny, pipeline="maybe")
    assert status == "succeeded"
    assert {*steps.values()} == {"succeeded"}
    status, steps = statuses(tiny, "--set", "mode=quick", pipeline="maybe")
    assert status == "succeeded"
    assert [name for name, one in steps.items() if one == "succeeded"] == ["validate", "prepare"]
    assert [name for name, one in steps.items() if one == "skipped"] == ["train", "evaluate", "gate", "register"]


def test_a_condition_on_a_metric_that_is_missing_fails_its_step(tiny: TinyEnvironment) -> None:
    script = tiny.folder / "examples/tiny/evaluate.py"
    written = script.read_text()
    script.write_text(written.replace('"auc"', '"acu"'))
    pipeline = tiny.folder / "examples/tiny/pipelines/maybe.yaml"
    pipeline.write_text(
        CONDITIONAL.replace("  deploy:", "  gate: {conditions: [{metric: acu, at_least: 0.9}]}\n  deploy:")
    )
    tiny.run("up", STACK, "--yes")
    status, steps = statuses(tiny, code=1, pipeline="maybe")
    script.write_text(written)
    assert status == "failed"
    assert steps["gate"] == "succeeded"
    assert steps["register"] == "failed"
