"""Laws over families: kinds of steps, and targets that pipelines are compiled to."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.blueprints import BLUEPRINTS, get_blueprint
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines import steps
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import STEP_KINDS, Step

FOLDER = Path(steps.__file__).parent


def test_every_file_of_steps_is_one_kind_in_the_table() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "step"}
    assert {kind.kind for kind in STEP_KINDS} == files
    assert [kind.__name__ for kind in STEP_KINDS] == sorted(kind.__name__ for kind in STEP_KINDS)


@pytest.mark.parametrize("kind", STEP_KINDS, ids=lambda kind: kind.kind)
def test_every_kind_says_what_it_is(kind: type[Step]) -> None:
    assert inspect.getdoc(kind)
    assert Step in kind.__bases__
    assert kind.makes is not Step.makes
    assert kind.reads is not Step.reads


@pytest.mark.parametrize(("target", "kind"), list(product(TARGETS, STEP_KINDS)), ids=str)
def test_every_target_answers_for_every_kind_or_refuses_it(target: str, kind: type[Step]) -> None:
    compilers = import_module(TARGETS[target]).COMPILERS
    if kind in compilers:
        assert callable(compilers[kind])
        return

    class Unknown(kind):  # type: ignore[misc,valid-type]
        pass

    with pytest.raises(PipelineError):
        import_module(TARGETS[target]).compile(Pipeline(name="p", steps=(Unknown(name="s"),)), _bindings())


@pytest.mark.parametrize("target", TARGETS)
def test_a_kind_that_a_target_does_not_know_is_refused_by_name(target: str) -> None:
    class Labelling(Step):
        kind = "labelling"

    with pytest.raises(PipelineError, match="cannot run this kind of step") as refused:
        import_module(TARGETS[target]).compile(Pipeline(name="p", steps=(Labelling(name="ask-people"),)), _bindings())
    assert "`ask-people` is of kind `labelling`" in refused.value.detail


@pytest.mark.parametrize(("name", "target"), list(product(BLUEPRINTS, TARGETS)))
def test_every_pipeline_of_every_blueprint_compiles_to_every_target(name: str, target: str) -> None:
    blueprint = get_blueprint(name)
    for pipeline in blueprint.pipelines(blueprint.Options()):
        document: dict[str, Any] = import_module(TARGETS[target]).compile(pipeline, _bindings())
        assert document


def _bindings() -> Bindings:
    return Bindings.placeholder("screening-dev", "eu-central-1")
