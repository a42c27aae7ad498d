"""Steps that are done only when their conditions hold."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ChoiceStep, EvaluateStep, Output, ProcessingStep, Step

FULL = {"parameter": "parameters.mode", "equals": "full"}
GOOD = {"metric": "auc", "at_least": 0.9}
PARAMETERS = (
    Parameter(name="data", type="prefix", default="raw/"),
    Parameter(name="mode", type="string", default="full"),
)


def step(name: str, source: str = "parameters.data", **more: Any) -> ProcessingStep:
    outputs = {"out": Output(zone="curated", folder=name)}
    return ProcessingStep(name=name, script=f"{name}.py", inputs={"data": source}, outputs=outputs, **more)


def pipeline(*steps: Step) -> Pipeline:
    return Pipeline(name="mine", parameters=PARAMETERS, steps=steps)


def ways(made: Pipeline) -> dict[str, tuple[str, ...]]:
    return {one.name: one.then for one in made.guarded.steps if isinstance(one, ChoiceStep)}


def test_a_pipeline_without_conditions_is_itself() -> None:
    made = pipeline(step("a"), step("b", "a.out"))
    assert made.guarded is made


def test_what_needs_a_conditional_step_is_skipped_with_it() -> None:
    made = pipeline(step("a"), step("b", "a.out", when=[FULL]), step("c", "b.out"), step("d", after=("c",)), step("e"))
    assert ways(made) == {"b--when": ("b", "c", "d")}


def test_a_condition_inside_another_is_asked_when_that_holds() -> None:
    made = pipeline(step("a", when=[FULL]), step("b", "a.out", when=[FULL]), step("c", "b.out"), step("d", "a.out"))
    assert ways(made) == {"a--when": ("a", "b--when", "d"), "b--when": ("b", "c")}


def test_a_conditional_step_lies_in_the_way_of_a_choice() -> None:
    which = ChoiceStep(name="which", when=(FULL,), then=("a", "b"), otherwise=("c",))
    made = pipeline(which, step("a", when=[FULL]), step("b", "a.out"), step("c"))
    assert ways(made) == {"which": ("a--when",), "a--when": ("a", "b")}


def test_a_choice_behind_a_conditional_step_takes_its_ways_along() -> None:
    which = ChoiceStep(name="which", when=(FULL,), then=("b",), after=("a",))
    made = pipeline(step("a", when=[FULL]), which, step("b"))
    assert ways(made) == {"a--when": ("a", "which"), "which": ("b",)}


def test_a_step_that_needs_two_which_are_skipped_apart_is_refused() -> None:
    with pytest.raises(PipelineError) as refused:
        pipeline(step("a", when=[FULL]), step("b", when=[FULL]), step("c", "a.out", after=("b",)))
    (problem,) = refused.value.problems
    assert problem.path == "c"
    assert "needs `a` and `b`" in problem.detail


def test_one_that_waits_outside_a_choice_for_a_step_in_it_is_refused_without_our_own_names() -> None:
    which = ChoiceStep(name="which", when=(FULL,), then=("a",))
    with pytest.raises(PipelineError) as refused:
        pipeline(which, step("a", when=[FULL]), step("b", "a.out"))
    assert "--when" not in str(refused.value.problems)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"parameter": "parameters.nobody", "equals": "x"}, "no parameter `nobody`"),
        (GOOD, "no step `evaluate`"),
        ({"parameter": "parameters.mode", "at_least": 1}, "it takes a number"),
    ],
)
def test_a_condition_on_nothing_is_refused(condition: Any, told: str) -> None:
    with pytest.raises(PipelineError) as refused:
        pipeline(step("a", when=[condition]))
    assert told in refused.value.detail
    assert refused.value.problems[0].path.startswith("a.when[0]")


def test_a_step_cannot_hang_on_what_it_makes_itself() -> None:
    with pytest.raises(PipelineError, match="wait for each other"):
        pipeline(EvaluateStep(name="evaluate", script="e.py", inputs={"data": "parameters.data"}, when=(GOOD,)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("condition", [FULL, GOOD], ids=["parameter", "metric"])
def test_every_target_compiles_a_condition(target: str, condition: Any) -> None:
    evaluate = EvaluateStep(name="evaluate", script="e.py", inputs={"data": "parameters.data"})
    made = pipeline(evaluate, step("a", when=[condition]), step("b", "a.out"), step("z"))
    found = get_target(target)
    document = found.compile(made, Bindings.placeholder("screening-dev", "eu-central-1"))
    assert "a--when" in str(document)
    assert found.step_of("a--when") == "a"


@pytest.mark.parametrize("target", TARGETS)
def test_a_metric_that_lies_where_no_orchestrator_may_read_is_refused(target: str) -> None:
    hidden = Output(zone="curated", folder="evaluation")
    evaluate = EvaluateStep(
        name="evaluate", script="e.py", inputs={"data": "parameters.data"}, outputs={"evaluation": hidden}
    )
    made = pipeline(evaluate, step("a", when=[GOOD]))
    with pytest.raises(PipelineError, match="cannot read there") as refused:
        get_target(target).compile(made, Bindings.placeholder("screening-dev", "eu-central-1"))
    assert "Step `a`" in refused.value.detail
