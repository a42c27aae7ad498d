"""Every cell of the table of kinds that is not "no" is run from end to end by some test: kind, target, and where it
computes. Every other is refused, before anything exists, with its reason.

A test module says what it runs: ``pytest.mark.runs("gate", "register", on=TARGETS)``, with ``compute="batch"`` where
its scripts run on a queue, ``compute="nodes"`` where they run on several of its machines together. ``on`` is what the
module itself is parametrized with, or a list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import STEP_KINDS, FetchStep, Job, MonitorStep, ScriptStep, Step, TuneStep
from tests.support.samples import SAMPLES

TESTS = Path(__file__).parents[1]
FOLDERS = ("e2e", "examples")
ALL = "TARGETS"
"""Stands for every target, in tests that run on each."""

COMPUTES = ("sagemaker", "batch", "nodes")

Cell = tuple[str, str, str]
"""Kind, target, compute: ``nodes`` is several machines of a queue that work together."""


def wanted() -> Iterator[Cell]:
    for target in TARGETS:
        found = get_target(target)
        for kind in STEP_KINDS:
            if kind.kind in found.COMPILERS:
                yield kind.kind, target, "sagemaker"
                on_queues = issubclass(kind, ScriptStep) and not issubclass(kind, FetchStep | MonitorStep | TuneStep)
                if on_queues and "batch" not in getattr(found, "REFUSED_COMPUTE", {}):
                    yield kind.kind, target, "batch"
                    if kind.on_nodes:
                        yield kind.kind, target, "nodes"


def claimed() -> Iterator[tuple[Cell, str]]:
    for folder in FOLDERS:
        for file in sorted((TESTS / folder).glob("test_*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.runs":
                    yield from ((cell, f"{folder}/{file.name}") for cell in _cells(node))


def _cells(call: ast.Call) -> Iterator[Cell]:
    told = {keyword.arg: keyword.value for keyword in call.keywords}
    on = told["on"]
    targets = list(TARGETS) if isinstance(on, ast.Name) and on.id == ALL else ast.literal_eval(on)
    compute = ast.literal_eval(told["compute"]) if "compute" in told else "sagemaker"
    yield from ((ast.literal_eval(kind), target, compute) for kind in call.args for target in targets)


def test_every_cell_is_run_from_end_to_end() -> None:
    assert sorted({*wanted()} - {cell for cell, _ in claimed()}) == []


def refused() -> list[Cell]:
    runs = {*wanted()}
    cells = ((kind.kind, target, compute) for kind in STEP_KINDS for target in TARGETS for compute in COMPUTES)
    return [cell for cell in cells if cell not in runs]


@pytest.mark.parametrize(("kind", "target", "compute"), refused())
def test_every_other_cell_is_refused_with_its_reason(kind: str, target: str, compute: str) -> None:
    sample = SAMPLES[kind]()
    step = next(one for one in sample.steps if one.kind == kind)
    said = {name: getattr(step, name) for name in step.model_fields_set} | {"name": step.name}
    asked = {**said, "compute": "batch", **({"job": Job(instance_count=2)} if compute == "nodes" else {})}
    with pytest.raises((ValidationError, PipelineError)) as found:
        _compile(sample, type(step), asked, target)
    if isinstance(found.value, PipelineError):
        assert get_target(target).REFUSED_COMPUTE["batch"] in found.value.detail  # type: ignore[attr-defined]
    else:
        fields = {str(error["loc"][0]) if error["loc"] else error["msg"] for error in found.value.errors()}
        assert any("compute" in field for field in fields), fields


def _compile(sample: Pipeline, kind: type[Step], asked: dict[str, object], target: str) -> None:
    changed = kind.model_validate(asked)
    steps = tuple(changed if one.name == changed.name else one for one in sample.steps)
    pipeline = Pipeline(name=sample.name, parameters=sample.parameters, steps=steps)
    get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1"))


def test_what_is_said_to_run_is_a_cell() -> None:
    cells = {*wanted()}
    assert [(cell, file) for cell, file in claimed() if cell not in cells] == []


def test_a_module_that_says_it_runs_a_kind_names_it() -> None:
    """A claim is read, not believed: the kind stands in the module, or in what the module deploys."""
    # The blueprint's own pipelines.
    usual = {"processing", "training", "evaluate", "fetch", "gate", "register", "deploy"}
    for (kind, *_), file in claimed():
        text = (TESTS / file).read_text(encoding="utf-8")
        assert kind in usual or f"kind: {kind}" in text, (file, kind)
