"""What SageMaker tells of an execution, as a run and its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Parameter
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.history import get_run, list_runs
from mlops_iac.runs.lake import Beginning
from mlops_iac.runs.names import names_of
from mlops_iac.runs.runners.execution import Order
from mlops_iac.runs.runners.sagemaker_pipelines import Runner
from tests.support.bad_evaluations import BAD
from tests.support.small_environment import ACCOUNT, REGION, make_environment

RUN = "261121-081530-3fa2"
START = datetime(2026, 11, 21, 8, 15, 31, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/screening-dev-training"
MINE = f"{ARN}/execution/abcdefghijkl"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/screening-dev-models/3"


def step(name: str, status: str = "Succeeded", number: int = 0, **more: Any) -> dict[str, Any]:
    begun = START + timedelta(seconds=number)
    ended = {"EndTime": begun + timedelta(seconds=1)} if status not in ("Executing", "Starting") else {}
    return {"StepName": name, "StepStatus": status, "StartTime": begun, **ended, "Metadata": {}, **more}


def job(kind: str, name: str) -> dict[str, Any]:
    return {"Metadata": {f"{kind}Job": {"Arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind.lower()}-job/{name}"}}}


LAMBDA = {"Metadata": {"Lambda": {"Arn": "arn:x"}}}
BEFORE = [
    step("validate", number=0, **job("Processing", "screening-dev-abc-1")),
    step("prepare", number=1, **job("Processing", "screening-dev-abc-2")),
    step("train", number=2, **job("Training", "screening-dev-abc-3")),
    step("evaluate", number=3, **job("Processing", "screening-dev-abc-4")),
]
GATE = step("gate", number=4, Metadata={"Condition": {"Outcome": "True"}})
REGISTER = step("register", number=5, Metadata={"RegisterModel": {"Arn": PACKAGE}})
REFUSE = step(
    "gate--refuse", "Failed", 5, Metadata={"Fail": {"ErrorMessage": "no"}}, FailureReason="GateRefused: auc …"
)


class SageMaker:
    """One pipeline with one execution of ours, and one that somebody started by hand."""

    def __init__(self, status: str, steps: list[dict[str, Any]]) -> None:
        self.status, self.steps = status, steps
        self.started: dict[str, Any] = {}
        self.stopped: list[str] = []

    def list_pipeline_executions(self, **asked: Any) -> dict[str, Any]:
        assert asked["PipelineName"] == ARN
        assert asked.get("CreatedAfter", START) <= START <= asked.get("CreatedBefore", START)
        mine = {"PipelineExecutionArn": MINE, "PipelineExecutionDisplayName": f"screening-dev-{RUN}"}
        others = {"PipelineExecutionArn": f"{ARN}/execution/zzz", "PipelineExecutionDisplayName": "by-hand"}
        shown = [{**one, "PipelineExecutionStatus": self.status} for one in (others, mine)]
        return {"PipelineExecutionSummaries": shown}

    def describe_pipeline_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:
        assert PipelineExecutionArn == MINE
        return {"PipelineExecutionStatus": self.status, "CreationTime": START, "LastModifiedTime": START}

    def list_pipeline_parameters_for_execution(self, PipelineExecutionArn: str) -> dict[str, Any]:
        given = {"run-id": RUN, "code-sha": "0123", "data": "raw/", "gate_at_least": "0.97", "hyperparameters--C": "2"}
        return {"PipelineParameters": [{"Name": name, "Value": value} for name, value in given.items()]}

    def list_pipeline_execution_steps(self, **asked: Any) -> dict[str, Any]:
        return {"PipelineExecutionSteps": self.steps}

    def start_pipeline_execution(self, **asked: Any) -> dict[str, Any]:
        self.started = asked
        return {"PipelineExecutionArn": MINE}

    def stop_pipeline_execution(self, PipelineExecutionArn: str) -> None:
        self.stopped.append(PipelineExecutionArn)


def every(body: bytes | None) -> Callable[..., dict[str, Beginning | None]]:
    """A lake in which every file is this one; None for one that is empty."""
    found = None if body is None else Beginning(body, len(body))
    return lambda store, clients, keys, most: dict.fromkeys(keys, found)


def world(
    monkeypatch: pytest.MonkeyPatch, status: str, *steps: dict[str, Any]
) -> tuple[Environment, Clients, SageMaker]:
    sagemaker = SageMaker(status, list(steps))
    monkeypatch.setattr("mlops_iac.runs.history.find_beginnings", every(b'{"metrics": {"auc": 0.98}}'))
    environment = make_environment(target="sagemaker-pipelines", handle=ARN)
    clients = Clients(region=REGION, endpoint=None, make=lambda service, **_: sagemaker, account_id=lambda: ACCOUNT)
    return environment, clients, sagemaker


def statuses(run: Any) -> dict[str, str]:
    return {one.name: one.status for one in run.steps}


def test_a_run_that_succeeded_has_its_jobs_its_metrics_and_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy = [step("deploy", number=6, **LAMBDA), step("deploy--wait-1", number=7, **LAMBDA)]
    environment, clients, _ = world(monkeypatch, "Succeeded", *BEFORE, GATE, REGISTER, *deploy)
    run = get_run(environment, clients, RUN)
    assert set(statuses(run).values()) == {"succeeded"}
    assert {one.name: one.job for one in run.steps}["train"] == "screening-dev-abc-3"
    assert {one.name: one.seconds for one in run.steps}["deploy"] == 2, "its waits are part of it"
    assert run.model_package_arn == PACKAGE
    assert (run.code, run.parameters) == (
        "0123",
        {"data": "raw/", "hyperparameters": {"C": "2"}, "gate_at_least": 0.97},
    )
    assert str(run.gate) == "auc is 0.98, the gate wants >= 0.97"
    assert run.gate is not None
    assert run.gate.passed


def test_a_refused_run_is_no_failed_one_and_says_the_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    environment, clients, _ = world(monkeypatch, "Failed", *BEFORE, GATE, REFUSE)
    run = get_run(environment, clients, RUN)
    assert (run.status, statuses(run)["gate"], statuses(run)["deploy"]) == ("refused", "refused", "skipped")
    assert run.error == "auc is 0.98, the gate wants >= 0.97"
    (listed,) = list_runs(environment, clients)
    assert (listed.id, listed.status) == (RUN, "refused")


TOO_LARGE = (
    b'{"metrics": {"auc": 1}}' + b" " * 5_000_000,
    "5,000,023 bytes, and a gate of this orchestrator reads at most 4,194,304",
)


@pytest.mark.parametrize(("body", "told"), [*BAD.values(), TOO_LARGE], ids=[*BAD, "too large"])
def test_a_gate_that_cannot_compare_names_the_file_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, body: bytes | None, told: str
) -> None:
    broken = step("gate", "Failed", 4, FailureReason="ClientError: JsonGet could not be resolved")
    environment, clients, _ = world(monkeypatch, "Failed", *BEFORE, broken)
    monkeypatch.setattr("mlops_iac.runs.history.find_beginnings", every(body))
    run = get_run(environment, clients, RUN)
    assert run.gate is not None
    assert not run.gate.passed
    for words in (run.error, str(run.gate), {one.name: one.reason for one in run.steps}["gate"]):
        assert f"models/{RUN}/evaluation/evaluation.json" in words
        assert told.removesuffix(".") in words


def test_a_failed_step_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = step("prepare", "Failed", 1, FailureReason="AlgorithmError: no such column", **job("Processing", "p"))
    environment, clients, _ = world(monkeypatch, "Failed", BEFORE[0], broken)
    run = get_run(environment, clients, RUN)
    assert (run.status, run.error) == ("failed", "AlgorithmError: no such column")
    assert run.failed_step is not None
    assert (run.failed_step.name, run.failed_step.job) == ("prepare", "p")


def test_a_wait_between_two_calls_is_still_the_deploy_step(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy = step("deploy", number=6, **LAMBDA)
    environment, clients, _ = world(monkeypatch, "Executing", *BEFORE, GATE, REGISTER, deploy)
    run = get_run(environment, clients, RUN)
    assert (run.status, statuses(run)["deploy"]) == ("running", "running")


def order(environment: Environment, **parameters: Any) -> Order:
    pipeline = environment.pipelines["training"]
    values = {"data": "raw/", "hyperparameters": {"C": "1.0"}, "gate_at_least": 0.97, **parameters}
    names = names_of(environment.stack, RUN, pipeline)
    return Order(run=RUN, code_uri="s3://b/code/1/", code_sha="1", parameters=values, names=names)


def test_an_order_becomes_parameters_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    environment, clients, sagemaker = world(monkeypatch, "Executing")
    runner = Runner(environment, environment.pipelines["training"], clients)
    assert runner.start(order(environment)).handle == MINE
    given = {one["Name"]: one["Value"] for one in sagemaker.started["PipelineParameters"]}
    assert given == {
        "run-id": RUN,
        "code-uri": "s3://b/code/1/",
        "code-sha": "1",
        "name--deploy": f"screening-dev-{RUN}-deploy",
        "data": "raw/",
        "hyperparameters--C": "1.0",
        "gate_at_least": "0.97",
    }
    assert sagemaker.started["PipelineExecutionDisplayName"] == f"screening-dev-{RUN}"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hyperparameters": {"C": "1", "depth": "3"}}, "`depth` is not in the pipeline's definition, which has: C."),
        ({"data": "raw/" + "x" * 1100}, "It has 1104 characters; SageMaker takes 1024."),
    ],
)
def test_what_a_definition_cannot_take_is_refused_before_anything_is_stored(change: dict[str, Any], told: str) -> None:
    environment = make_environment(target="sagemaker-pipelines", handle=ARN)
    runner = Runner(environment, environment.pipelines["training"], None)  # type: ignore[arg-type]
    with pytest.raises(UsageError) as refused:
        runner.check(order(environment, **change))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("name", "owned"),
    [
        (f"screening-dev-{RUN}-deploy", True),
        ("screening-dev-abcdefghijkl-Ab3dEf9h1J", True),
        ("screening-dev-x-261121-081530-3fa2-deploy", False),
        ("screening-devil-abcdefghijkl-Ab3dEf9h1J", False),
    ],
)
def test_the_names_of_what_runs_make_are_known(name: str, owned: bool) -> None:
    environment = make_environment(target="sagemaker-pipelines", handle=ARN)
    assert Runner(environment, environment.pipelines["training"], None).owns(name) is owned  # type: ignore[arg-type]


def test_a_default_that_names_nothing_can_be_given_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    environment, clients, _ = world(monkeypatch, "Executing")
    training = environment.pipelines["training"]
    bare = replace(
        training, parameters={**training.parameters, "hyperparameters": Parameter(type="strings", default={})}
    )
    with pytest.raises(UsageError, match="Unknown parameter"):
        Runner(environment, bare, clients).check(order(environment))
