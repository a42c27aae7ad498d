"""Gates with several conditions, on every target."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps
from mlops_iac.pipelines.conditions import Condition
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import GateStep, Job, Output, ProcessingStep
from tests.support.asl_interpreter import Ended, run

RUN = "261121-081530-3fa2"
BOUND = Parameter(name="bound", type="number", default=0.9, description="Bound.")
INPUT = {"run": RUN, "code": {"uri": "s3://b/code/", "sha": "0"}, "parameters": {}}
CONDITIONS = (
    Condition(metric="auc", at_least=BOUND.ref),
    Condition(metric="auc", slices=("by_country.DE", "by_country.FR"), at_least=0.7),
    Condition(metric="psi", evaluation=FromStep(step="drift", output="report"), at_most=0.2),
)


def measured(name: str, output: str) -> ProcessingStep:
    outputs = {output: Output(zone="models", folder=name)}
    return ProcessingStep(name=name, script=f"{name}.py", inputs={}, outputs=outputs, job=Job())


def pipeline(*conditions: Condition) -> Pipeline:
    steps = (measured("evaluate", "evaluation"), measured("drift", "report"), GateStep(name="g", conditions=conditions))
    return Pipeline(name="p", parameters=(BOUND,), steps=steps)


@pytest.fixture
def several(bindings: Bindings) -> dict[str, Any]:
    return step_functions.compile(pipeline(*CONDITIONS), bindings)


def play(document: dict[str, Any], evaluation: dict[str, Any], report: dict[str, Any]) -> Ended:
    names = {step: f"x-{step}" for step in ("evaluate", "drift")}
    bodies = {"g": {"Body": json.dumps(evaluation)}, "g: read 2": {"Body": json.dumps(report)}}
    return run(document, {**INPUT, "names": names}, bodies)


GOOD: dict[str, Any] = {"metrics": {"auc": 0.95}, "by_country": {"DE": {"auc": 0.8}, "FR": {"auc": 0.7}}}
CALM = {"metrics": {"psi": 0.1}}


def test_a_run_that_keeps_all_bounds_passes(several: dict[str, Any]) -> None:
    done = play(several, GOOD, CALM)
    assert (done.status, done.error) == ("SUCCEEDED", None)
    assert done.calls["g: read 2"]["Key"] == f"models/{RUN}/drift/evaluation.json"


@pytest.mark.parametrize(
    ("evaluation", "report", "values"),
    [
        ({**GOOD, "metrics": {"auc": 0.5}}, CALM, [0.5, 0.8, 0.7, 0.1]),
        ({**GOOD, "by_country": {"DE": {"auc": 0.8}}}, CALM, [0.95, 0.8, None, 0.1]),
        (GOOD, {"metrics": {"psi": "0.1"}}, [0.95, 0.8, 0.7, "0.1"]),
        (GOOD, {"metrics": {"psi": 0.3}}, [0.95, 0.8, 0.7, 0.3]),
    ],
    ids=["too low", "a slice is missing", "text", "another file"],
)
def test_a_refusal_tells_every_condition(several: dict[str, Any], evaluation: Any, report: Any, values: Any) -> None:
    done = play(several, evaluation, report)
    assert (done.status, done.error) == ("FAILED", "GateRefused")
    told = json.loads(done.cause or "")["conditions"]
    metrics = ["auc", "by_country.DE.auc", "by_country.FR.auc", "psi"]
    assert [(one["metric"], one["bound"], one["value"]) for one in told] == [
        *zip(metrics, [">= 0.9", ">= 0.7", ">= 0.7", "<= 0.2"], values, strict=True)
    ]
    assert [one["passed"] for one in told].count(False) == 1


def test_sagemaker_pipelines_asks_all_conditions_and_names_them_in_its_message(bindings: Bindings) -> None:
    document = sagemaker_pipelines.compile(pipeline(*CONDITIONS), bindings)
    found = {step["Name"]: step for step in all_steps(document["Steps"])}
    asked = found["g"]["Arguments"]["Conditions"]
    assert [(one["Type"], one["LeftValue"]["Std:JsonGet"]["Path"], one["RightValue"]) for one in asked] == [
        ("GreaterThanOrEqualTo", "metrics.auc", {"Get": "Parameters.bound"}),
        ("GreaterThanOrEqualTo", "by_country.DE.auc", 0.7),
        ("GreaterThanOrEqualTo", "by_country.FR.auc", 0.7),
        ("LessThanOrEqualTo", "metrics.psi", 0.2),
    ]
    said = found["g--refuse"]["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
    assert said[0] == "GateRefused: auc must be >= "
    assert said[2] == ", by_country.DE.auc must be >= 0.7, by_country.FR.auc must be >= 0.7, psi must be <= 0.2"
    assert [found[name]["PropertyFiles"][0]["OutputName"] for name in ("evaluate", "drift")] == ["evaluation", "report"]
    assert found["g"]["DependsOn"] == ["drift", "evaluate"]


def test_one_condition_may_be_written_without_the_list() -> None:
    short = GateStep.validated({"name": "g", "evaluation": "evaluate", "metric": "auc", "at_least": "parameters.bound"})
    assert short == GateStep(name="g", conditions=(Condition(metric="auc", at_least=BOUND.ref),))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"metric": "auc"}, "Say exactly one of `at_least`, `at_most` and `better"),
        ({"metric": "auc", "at_least": 1, "at_most": 2}, "Say exactly one of `at_least`, `at_most` and `better"),
        ({"metric": "auc", "at_least": float("nan")}, "finite number"),
        ({"metric": "auc", "at_least": "prepare.train"}, "parameters.name"),
        ({"metric": "auc.*", "at_least": 1}, "match pattern"),
        ({"at_least": 1}, "Field required"),
        ({"metric": "auc", "at_least": 1, "conditions": [{"metric": "f1", "at_least": 1}]}, "write it into the list"),
        ({"conditions": []}, "at least one condition"),
        ({}, "Field required"),
    ],
)
def test_what_is_no_condition_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        GateStep(name="g", **values)
    assert any(said in problem.detail for problem in refused.value.problems), refused.value


def test_an_evaluation_that_is_not_there_is_named_with_its_condition() -> None:
    lost = Condition(metric="psi", evaluation=FromStep(step="drift", output="nothing"), at_most=1)
    with pytest.raises(PipelineError) as refused:
        pipeline(CONDITIONS[0], lost)
    assert [problem.path for problem in refused.value.problems] == ["g.conditions[1].evaluation"]
