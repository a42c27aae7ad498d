"""Steps beside each other on Step Functions: the document, a run of it, and what `runs` tells of that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core import environment as env
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions import compile, grants_for
from mlops_iac.pipelines.compile.step_functions.structure import all_states, check_structure
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import DeployStep, GateStep, Job, Output, ProcessingStep, RegisterStep, TrainingStep
from mlops_iac.runs.runners.step_functions.story import Story
from tests.support.asl_interpreter import Ended, Fails, run

JOB = Job(instance_type="ml.m5.large")
RUN = "261121-081530-3fa2"


def two_models(gate: bool = True) -> Pipeline:
    """One preparation, two trainings beside each other, one of which is gated and deployed."""
    data = Parameter(name="data", type="prefix", default="raw/", description="Data.")
    settings = Parameter(name="hyperparameters", type="strings", default={"C": "1"}, description="For training.")
    bound = Parameter(name="gate_at_least", type="number", default=0.9, description="Bound.")
    prepare = ProcessingStep(
        name="prepare",
        script="prepare.py",
        inputs={"data": data.ref},
        outputs={"train": Output(zone="features", folder="train")},
        job=JOB,
    )
    trains = [
        TrainingStep(
            name=name,
            script="train.py",
            channels={"train": prepare.output("train")},
            hyperparameters=settings.ref,
            job=JOB,
        )
        for name in ("small", "large")
    ]
    evaluate = ProcessingStep(
        name="evaluate",
        script="evaluate.py",
        inputs={"model": trains[0].output("model")},
        outputs={"evaluation": Output(zone="models", folder="evaluation")},
        job=JOB,
    )
    check = GateStep(name="gate", evaluation=evaluate.output("evaluation"), metric="auc", at_least=bound.ref)
    register = RegisterStep(
        name="register",
        model=trains[1].output("model"),
        evaluation=evaluate.output("evaluation"),
        gate=check.output("verdict"),
    )
    deploy = DeployStep(name="deploy", package=register.output("package"))
    return Pipeline(
        name="training",
        parameters=(data, settings, bound),
        steps=(prepare, *trains, evaluate, check, register, deploy),
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return compile(two_models(), Bindings.placeholder("screening-dev", "eu-central-1"))


GOOD: dict[str, Any] = {
    "small": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/small.tar.gz"}},
    "large": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/large.tar.gz"}},
    "gate": {"Body": json.dumps({"metrics": {"auc": 0.95}})},
    "register": {"ModelPackageArn": "arn:aws:sagemaker:eu-central-1:123456789012:model-package/g/1"},
    "deploy: look": Fails("SageMaker.SageMakerException", "Could not find endpoint"),
    "deploy: check": {
        "EndpointStatus": "InService",
        "EndpointConfigName": f"screening-dev-{RUN}-deploy",
    },
}


def play(document: dict[str, Any], **results: Any) -> Ended:
    steps = [step.name for step in two_models().steps]
    given = {
        "run": RUN,
        "code": {"uri": "s3://b/code/", "sha": "0" * 16},
        "parameters": {},
        "names": {name: f"screening-dev-{RUN}-{name}" for name in steps},
    }
    return run(document, given, {**GOOD, **results})


def told(ended: Ended, status: str) -> dict[str, str]:
    """Step to its status, as `runs` shows it."""
    steps = tuple(env.Step(name=step.name, kind=step.kind) for step in two_models().ordered)
    pipeline = env.Pipeline(
        name="training",
        target="step-functions",
        handle="arn",
        framework="sklearn",
        framework_version="1.4-2",
        code="code",
        code_prefix="code/",
        steps=steps,
    )
    story = Story(pipeline, {})
    story.read(map(_played, ended.events))
    story.end(status, None, f"{ended.error}: {ended.cause}")  # type: ignore[arg-type]
    return {name: step.status for name, step in story.steps.items()}


def _played(event: Any) -> Any:
    """A state that plays a part of a task, as an event of the task's own state."""
    details = event.get("stateEnteredEventDetails")
    return {**event, "stateEnteredEventDetails": {"name": details["name"].partition(" (")[0]}} if details else event


def test_steps_that_do_not_need_each_other_are_branches(document: dict[str, Any]) -> None:
    branches = document["States"]["Together 1"]["Branches"]
    assert [branch["StartAt"] for branch in branches] == ["small", "large"]
    assert "evaluate" in branches[0]["States"]
    assert document["States"]["prepare"]["Next"] == "Together 1"
    assert document["States"]["Joined 1"]["Next"] == "register"
    assert [*check_structure(document)] == []


def test_each_task_of_a_branch_is_retried_and_caught_as_elsewhere(document: dict[str, Any]) -> None:
    for name, state in all_states(document):
        if state["Type"] == "Task" and name != "Tell the team":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Resource"].startswith("arn:aws:states:::"), name
    inside = dict(all_states(document))
    assert inside["large"]["Retry"] == inside["prepare"]["Retry"]
    assert inside["large"]["Catch"][0]["Next"] == "Name the failure 1.2"
    actions = {
        a for s in grants_for(document, Bindings.placeholder("screening-dev", "eu-central-1")) for a in s["Action"]
    }
    assert "sagemaker:CreateTrainingJob" in actions


def test_what_branches_made_is_there_behind_them(document: dict[str, Any]) -> None:
    ended = play(document)
    assert ended.status == "SUCCEEDED", ended.cause
    containers = ended.calls["register"]["InferenceSpecification"]["Containers"]
    assert containers[0]["ModelDataUrl"] == "s3://b/large.tar.gz"
    assert set(told(ended, "succeeded").values()) == {"succeeded"}


def test_a_branch_that_fails_stops_the_other_and_names_itself(document: dict[str, Any]) -> None:
    ended = play(document, large=Fails("States.TaskFailed", '{"FailureReason": "AlgorithmError: large"}'))
    assert (ended.status, ended.error) == ("FAILED", "JobFailed")
    assert "AlgorithmError: large" in str(ended.cause)
    assert "Tell the team" in ended.states
    steps = told(ended, "failed")
    assert steps["large"] == "failed"
    assert "failed" not in {status for name, status in steps.items() if name != "large"}
    assert (steps["prepare"], steps["register"], steps["deploy"]) == ("succeeded", "skipped", "skipped")


def test_a_gate_in_a_branch_refuses_with_its_reason(document: dict[str, Any]) -> None:
    ended = play(document, gate={"Body": json.dumps({"metrics": {"auc": 0.5}})})
    assert (ended.status, ended.error) == ("FAILED", "GateRefused")
    (condition,) = json.loads(str(ended.cause))["conditions"]
    assert condition == {"metric": "auc", "value": 0.5, "bound": ">= 0.9", "passed": False}
    assert told(ended, "refused")["gate"] == "refused"


def test_both_targets_have_the_same_steps_in_the_same_order() -> None:
    """What SageMaker Pipelines runs as a graph waits for the same steps there."""
    bindings = Bindings.placeholder("screening-dev", "eu-central-1")
    native = get_target("sagemaker-pipelines").compile(two_models(), bindings)
    waits = {step["Name"]: set(step.get("DependsOn", ())) for step in native["Steps"]}
    assert waits["small"] == waits["large"] == {"prepare"}
