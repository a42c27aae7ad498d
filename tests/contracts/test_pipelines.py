"""Laws over families: kinds of steps, and targets that pipelines are compiled to."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines import steps
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.kinds import answer
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import STEP_KINDS, Step
from mlops_iac.testing.contracts import STEP_LAWS, StepCase
from tests.support.samples import SAMPLES

FOLDER = Path(steps.__file__).parent


def test_every_file_of_steps_is_one_kind_in_the_table() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "featured", "folders", "shipped", "step"}
    assert {kind.kind for kind in STEP_KINDS} == files
    assert [kind.__name__ for kind in STEP_KINDS] == sorted(kind.__name__ for kind in STEP_KINDS)


def test_every_kind_has_a_sample() -> None:
    assert {*SAMPLES} == {kind.kind for kind in STEP_KINDS}
    for kind in STEP_KINDS:
        assert any(type(step) is kind for step in SAMPLES[kind.kind]().steps), kind.kind


@pytest.mark.parametrize("kind", STEP_KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("law", STEP_LAWS, ids=lambda law: law.__name__)
def test_every_kind_keeps(law: Callable[[StepCase], None], kind: type[Step]) -> None:
    law(StepCase(kind=kind, pipeline=SAMPLES[kind.kind]()))


@pytest.mark.parametrize(("target", "kind"), list(product(TARGETS, STEP_KINDS)), ids=str)
def test_every_target_runs_or_refuses_every_kind_of_ours_and_says_how_or_why(target: str, kind: type[Step]) -> None:
    found = get_target(target)
    assert (kind.kind in found.COMPILERS) != (kind.kind in found.REFUSED)
    assert re.fullmatch(r"[A-Z].*[.]", answer(kind, found).how), "a sentence"


@pytest.mark.parametrize(("target", "kind"), list(product(TARGETS, STEP_KINDS)), ids=str)
def test_a_sample_compiles_or_is_refused_with_the_reason(target: str, kind: type[Step]) -> None:
    found = get_target(target)
    if kind.kind in found.COMPILERS:
        assert found.compile(SAMPLES[kind.kind](), _bindings())
        return
    with pytest.raises(PipelineError, match="cannot run this kind of step") as refused:
        found.compile(SAMPLES[kind.kind](), _bindings())
    assert found.REFUSED[kind.kind] in refused.value.detail


@pytest.mark.parametrize("target", TARGETS)
def test_compilers_are_of_kinds_that_there_are_and_no_file_lies_idle(target: str) -> None:
    found = get_target(target).COMPILERS
    assert {*found} <= {kind.kind for kind in STEP_KINDS}
    folder = Path(next(iter(import_module(TARGETS[target]).__path__)))
    written = {file.stem for file in folder.glob("*.py") if f"\ndef compile_{file.stem}(" in file.read_text()}
    assert {address.partition(":")[0].rpartition(".")[2] for address in found.values()} == written


@pytest.mark.parametrize("target", TARGETS)
def test_refusals_are_of_kinds_that_there_are(target: str) -> None:
    refused = get_target(target).REFUSED
    assert [*refused] == sorted(refused)
    assert {*refused} <= {kind.kind for kind in STEP_KINDS}


@pytest.mark.parametrize("target", TARGETS)
def test_a_kind_that_a_target_does_not_know_is_refused_by_name(target: str) -> None:
    class Labelling(Step):
        kind = "labelling"

    with pytest.raises(PipelineError, match="cannot run this kind of step") as refused:
        import_module(TARGETS[target]).compile(Pipeline(name="p", steps=(Labelling(name="ask-people"),)), _bindings())
    assert "`ask-people` is of kind `labelling`" in refused.value.detail


def _bindings() -> Bindings:
    return Bindings.placeholder("screening-dev", "eu-central-1")
