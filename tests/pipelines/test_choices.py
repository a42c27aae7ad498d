"""Choices: one way or the other, on every target; what is wrong with them is told when a pipeline is built."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.blocks import Fork, blocks_of
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import ChoiceStep, Job, Output, ProcessingStep, Step
from tests.support.asl_interpreter import Ended, run

RUN = "261121-081530-3fa2"
MODE = Parameter(name="mode", type="string", default="full", description="How much.")
SIZE = Parameter(name="size", type="number", default=3, description="How large.")
METRIC = {"metric": "auc", "at_least": 0.9}


def work(name: str, *after: str, reads: str | None = None) -> ProcessingStep:
    inputs = {"data": FromStep(step=reads, output="evaluation")} if reads else {}
    outputs = {"evaluation": Output(zone="models", folder=name)}
    return ProcessingStep(name=name, script=f"{name}.py", inputs=inputs, outputs=outputs, after=after, job=Job())


def choice(**fields: Any) -> ChoiceStep:
    return ChoiceStep(
        **{"name": "which", "when": (METRIC,), "then": ("deep", "deeper"), "otherwise": ("flat",), **fields}
    )


def pipeline(*steps: Step) -> Pipeline:
    return Pipeline(name="p", parameters=(MODE, SIZE), steps=steps)


STEPS = (
    work("evaluate"),
    choice(),
    work("deep"),
    work("deeper", reads="deep"),
    work("flat"),
    work("end", "deeper", "flat"),
)


def play(document: dict[str, Any], evaluation: Any = None, **parameters: Any) -> Ended:
    names = {name: f"x-{name}" for name in ("evaluate", "deep", "deeper", "flat", "end", "inner", "low")}
    given = {"run": RUN, "code": {"uri": "s3://b/c/", "sha": "0"}, "parameters": parameters, "names": names}
    return run(document, given, {"which": {"Body": json.dumps(evaluation)}})


def done(ended: Ended) -> list[str]:
    return [state for state in ended.states if state in ("evaluate", "deep", "deeper", "flat", "end", "inner", "low")]


def test_one_way_is_gone_and_both_come_together(bindings: Bindings) -> None:
    document = step_functions.compile(pipeline(*STEPS), bindings)
    good, bad = play(document, {"metrics": {"auc": 0.95}}), play(document, {"metrics": {"auc": 0.5}})
    assert (good.status, done(good)) == ("SUCCEEDED", ["evaluate", "deep", "deeper", "end"])
    assert (bad.status, done(bad)) == ("SUCCEEDED", ["evaluate", "flat", "end"])


@pytest.mark.parametrize("metrics", [{}, {"auc": "0.95"}, {"auc": None}], ids=["missing", "text", "null"])
def test_neither_way_is_taken_by_a_metric_that_is_no_number(bindings: Bindings, metrics: Any) -> None:
    ended = play(step_functions.compile(pipeline(*STEPS), bindings), {"metrics": metrics})
    assert (ended.status, ended.error, done(ended)) == ("FAILED", "ChoiceUndecided", ["evaluate"])
    assert ended.cause == "missing or no number: auc"


@pytest.mark.parametrize(
    ("when", "given", "taken"),
    [
        ({"parameter": MODE.ref, "equals": "full"}, {}, "deep"),
        ({"parameter": MODE.ref, "equals": "full"}, {"mode": "quick"}, "flat"),
        ({"parameter": "parameters.size", "equals": 3}, {}, "deep"),
        ({"parameter": "parameters.size", "at_least": 4}, {}, "flat"),
        ({"parameter": "parameters.size", "at_most": 4}, {"size": 4}, "deep"),
    ],
)
def test_a_parameter_decides(bindings: Bindings, when: Any, given: dict[str, Any], taken: str) -> None:
    ways = choice(when=(when,), then=("deep",))
    document = step_functions.compile(pipeline(ways, work("deep"), work("flat")), bindings)
    assert done(play(document, **given)) == [taken]


def test_a_way_may_be_empty_and_lie_in_another(bindings: Bindings) -> None:
    inner = choice(
        name="inside", when=({"parameter": "parameters.size", "at_least": 2},), then=("inner",), otherwise=()
    )
    outer = choice(when=({"parameter": MODE.ref, "equals": "full"},), then=("deep", "inside"), otherwise=("low",))
    made = pipeline(outer, inner, work("inner", reads="deep"), work("deep"), work("low"))
    (fork,) = blocks_of(made)
    assert isinstance(fork, Fork)
    document = step_functions.compile(made, bindings)
    assert done(play(document)) == ["deep", "inner"]
    assert done(play(document, size=1)) == ["deep"]
    assert done(play(document, mode="quick")) == ["low"]
    found = {step["Name"]: step for step in all_steps(sagemaker_pipelines.compile(made, bindings)["Steps"])}
    ways = found["which"]["Arguments"]
    assert [step["Name"] for step in ways["IfSteps"]] == ["inside", "deep"]
    assert [step["Name"] for step in ways["ElseSteps"]] == ["low"]
    assert [step["Name"] for step in found["inside"]["Arguments"]["IfSteps"]] == ["inner"]


def test_steps_of_a_way_run_beside_each_other(bindings: Bindings) -> None:
    ways = choice(when=({"parameter": MODE.ref, "equals": "full"},), then=("deep", "flat"), otherwise=())
    document = step_functions.compile(pipeline(ways, work("deep"), work("flat"), work("end")), bindings)
    assert sorted(done(play(document))) == ["deep", "end", "flat"]
    assert done(play(document, mode="quick")) == ["end"]


def test_sagemaker_pipelines_asks_a_condition_and_refuses_a_step_behind_both_ways(bindings: Bindings) -> None:
    document = sagemaker_pipelines.compile(pipeline(*STEPS[:-1]), bindings)
    found = {step["Name"]: step for step in all_steps(document["Steps"])}
    (condition,) = found["which"]["Arguments"]["Conditions"]
    assert (condition["Type"], condition["RightValue"]) == ("GreaterThanOrEqualTo", 0.9)
    assert found["which"]["DependsOn"] == ["evaluate"]
    assert found["deeper"]["DependsOn"] == ["deep"]
    with pytest.raises(PipelineError, match="cannot run this pipeline") as refused:
        sagemaker_pipelines.compile(pipeline(*STEPS), bindings)
    assert "`end` of `p` comes after both ways of `which`" in refused.value.detail


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((choice(then=("dep",)), work("deep"), work("flat")), "chooses `dep`"),
        ((choice(then=("deep",)), work("deep"), work("flat"), work("end", "deep")), "`end` needs `deep`"),
        (
            (choice(then=("deep",)), work("deep"), work("flat"), work("end", "flat", reads="deep")),
            "skipped when `which` goes the other way",
        ),
        ((choice(then=("deep",)), work("deep", "flat"), work("flat")), "`deep` needs `flat`"),
        (
            (choice(then=("deep",)), choice(name="again", then=("deep",)), work("deep"), work("flat")),
            "chosen by `which` and by `again`",
        ),
    ],
    ids=["unknown", "one way", "reads of one way", "from way to way", "two choices"],
)
def test_what_cannot_be_is_told_when_the_pipeline_is_built(steps: tuple[Step, ...], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        pipeline(work("evaluate"), *steps)
    assert any(said in problem.detail for problem in refused.value.problems), refused.value


def test_a_choice_that_waits_for_its_own_way_is_refused() -> None:
    with pytest.raises(PipelineError, match="wait for each other"):
        pipeline(work("evaluate"), choice(then=("deep",), after=("deep",)), work("deep"), work("flat"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when": ()}, "at least one condition"),
        ({"then": (), "otherwise": ()}, "names steps in `then` or `otherwise`"),
        ({"then": ("flat",)}, "`flat` stands in `then` and in `otherwise`"),
        ({"then": ("which",)}, "one of its own ways"),
        ({"when": ({"parameter": "parameters.mode"},)}, "exactly one of `equals`"),
        ({"when": ({"parameter": "mode", "equals": "x"},)}, "parameters.name"),
        ({"when": ({"metric": "auc"},)}, "exactly one of `at_least`"),
        ({"when": ({"equals": 1},)}, "Field required"),
    ],
)
def test_what_is_no_choice_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        choice(**fields)
    assert any(said in problem.detail for problem in refused.value.problems), refused.value.problems
