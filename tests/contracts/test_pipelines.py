"""Laws over families: kinds of steps, and targets that pipelines are compiled to."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines import steps
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import STEP_KINDS, Step
from mlops_iac.testing.contracts import STEP_LAWS, StepCase

FOLDER = Path(steps.__file__).parent


def test_every_file_of_steps_is_one_kind_in_the_table() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "step"}
    assert {kind.kind for kind in STEP_KINDS} == files
    assert [kind.__name__ for kind in STEP_KINDS] == sorted(kind.__name__ for kind in STEP_KINDS)


def sample(kind: type[Step]) -> Pipeline:
    """A pipeline of a blueprint that has such a step."""
    made = [
        pipeline for name in BLUEPRINTS for pipeline in get_blueprint(name).pipelines(get_blueprint(name).Options())
    ]
    return next(pipeline for pipeline in made if any(type(step) is kind for step in pipeline.steps))


@pytest.mark.parametrize("kind", STEP_KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("law", STEP_LAWS, ids=lambda law: law.__name__)
def test_every_kind_keeps(law: Callable[[StepCase], None], kind: type[Step]) -> None:
    law(StepCase(kind=kind, pipeline=sample(kind)))


@pytest.mark.parametrize(("target", "kind"), list(product(TARGETS, STEP_KINDS)), ids=str)
def test_every_target_answers_for_every_kind_of_ours(target: str, kind: type[Step]) -> None:
    assert callable(import_module(TARGETS[target]).COMPILERS[kind])


@pytest.mark.parametrize("target", TARGETS)
def test_a_kind_that_a_target_does_not_know_is_refused_by_name(target: str) -> None:
    class Labelling(Step):
        kind = "labelling"

    with pytest.raises(PipelineError, match="cannot run this kind of step") as refused:
        import_module(TARGETS[target]).compile(Pipeline(name="p", steps=(Labelling(name="ask-people"),)), _bindings())
    assert "`ask-people` is of kind `labelling`" in refused.value.detail


def _bindings() -> Bindings:
    return Bindings.placeholder("screening-dev", "eu-central-1")
