"""Histories come from moto's interpreter, which runs a machine whose states are called as the compiler calls them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.follow import LogLine, RunEnded, StepChanged, follow
from mlops_iac.runs.history import get_run, list_runs
from mlops_iac.runs.run import Run
from mlops_iac.runs.start import start
from mlops_iac.runs.stop import stop
from tests.support.bad_evaluations import BAD
from tests.support.small_environment import FACTS, make_lake, make_state_machine, moto_clients

METRICS = {"auc": 0.91, "rows": 143}
REFUSAL = {"gate": "gate", "conditions": [{"metric": "auc", "value": 0.91, "bound": ">= 0.97", "passed": False}]}
JOB_CAUSE = {"TrainingJobName": "x", "FailureReason": "AlgorithmError: ValueError: no such column"}


@pytest.fixture
def clients(environment: Environment) -> Iterator[Clients]:
    with moto_clients(execute=True) as made:
        make_lake(environment, made)
        yield made


def chain(*names: str, **last: Any) -> dict[str, Any]:
    """Pass states in a row, then the last ones as given."""
    following = [*names[1:], next(iter(last))]
    passes = {name: {"Type": "Pass", "Next": next_} for name, next_ in zip(names, following, strict=True)}
    return {**passes, **last}


def fail(error: str, cause: Any) -> dict[str, Any]:
    return {"Type": "Fail", "Error": error, "Cause": json.dumps(cause)}


GOOD = chain("Start", "validate", "prepare", "train", "evaluate", "gate", "gate: compare", "register", "deploy", "deploy: look", Done={"Type": "Succeed"})  # fmt: skip  # noqa: E501
WEAK = chain("Start", "validate", "prepare", "train", "evaluate", "gate", "gate: refuse", "Tell the team", Failed=fail("GateRefused", REFUSAL))  # fmt: skip  # noqa: E501
BROKEN = chain("validate", "prepare", "train", "Tell the team", Failed=fail("TaskFailed", JOB_CAUSE))
SLOW = {**chain("validate", prepare={"Type": "Wait", "Seconds": 60, "Next": "Done"}), "Done": {"Type": "Succeed"}}


def run_machine(environment: Environment, clients: Clients, code: Path, states: dict[str, Any]) -> Run:
    make_state_machine(environment, clients, states)
    return start(environment, clients, code.parents[1])


def wait_for(environment: Environment, clients: Clients, run: Run) -> Run:
    for _ in range(100):
        found = get_run(environment, clients, run.id)
        if found.is_over:
            return found
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def write_evaluation(environment: Environment, clients: Clients, run: Run, body: bytes) -> None:
    key = f"models/{run.id}/evaluation/evaluation.json"
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=body)


def test_a_list_asks_once_for_all_its_runs_and_once_for_their_metrics(
    environment: Environment, clients: Clients, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On AWS they are asked for beside one another; the embedded cloud is sent one request."""
    made = [run_machine(environment, clients, code, GOOD) for _ in range(3)]
    for run in made:
        write_evaluation(environment, clients, run, json.dumps({"metrics": METRICS}).encode())
        wait_for(environment, clients, run)
    asked: list[tuple[str, int]] = []
    many = Clients.many

    def counted(self: Clients, service: str, method: str, calls: Any, *read: Any) -> list[Any]:
        asked.append((method, len(calls)))
        return many(self, service, method, calls, *read)

    monkeypatch.setattr(Clients, "many", counted)
    assert [run.metrics for run in list_runs(environment, clients)] == [METRICS] * 3
    assert asked == [("describe_execution", 3), ("get_object", 3)]


def test_a_run_that_succeeds_has_all_steps_and_its_metrics(
    environment: Environment, clients: Clients, code: Path
) -> None:
    run = run_machine(environment, clients, code, GOOD)
    write_evaluation(environment, clients, run, json.dumps({"metrics": {**METRICS, "note": "text"}}).encode())
    ended = wait_for(environment, clients, run)
    assert ended.status == "succeeded"
    assert [step.status for step in ended.steps] == ["succeeded"] * 7
    assert [step.job for step in ended.steps][:3] == [
        f"screening-dev-{run.id}-{n}" for n in ("validate", "prepare", "train")
    ]
    assert ended.metrics == METRICS
    assert (ended.code, ended.parameters["gate_at_least"]) == (run.code, 0.97)
    assert ended.gate is not None
    assert ended.gate.passed
    assert json.loads(json.dumps(ended.to_json()))["steps"][0]["name"] == "validate"


def test_a_refused_run_says_metric_value_and_bound(environment: Environment, clients: Clients, code: Path) -> None:
    ended = wait_for(environment, clients, run_machine(environment, clients, code, WEAK))
    assert ended.status == "refused"
    assert str(ended.gate) == "auc is 0.91, the gate wants >= 0.97"
    assert [step.status for step in ended.steps] == ["succeeded"] * 4 + ["refused", "skipped", "skipped"]


def test_a_failed_run_names_the_step_and_its_reason(environment: Environment, clients: Clients, code: Path) -> None:
    ended = wait_for(environment, clients, run_machine(environment, clients, code, BROKEN))
    assert ended.status == "failed"
    assert ended.failed_step is not None
    assert (ended.failed_step.name, ended.failed_step.reason) == ("train", JOB_CAUSE["FailureReason"])
    assert ended.gate is None


def test_a_stopped_run_is_stopped_where_it_was(environment: Environment, clients: Clients, code: Path) -> None:
    run = run_machine(environment, clients, code, SLOW)
    for _ in range(100):
        if get_run(environment, clients, run.id).steps[1].status == "running":
            break
        time.sleep(0.05)
    stopped, was_over = stop(environment, clients, run.id)
    assert not was_over
    assert stopped.status == "stopped"
    assert [step.status for step in stopped.steps][:3] == ["succeeded", "stopped", "skipped"]
    again, was_over = stop(environment, clients, run.id)
    assert (again.status, was_over) == ("stopped", True), "stopping twice is no error"


def test_following_tells_every_step_once_and_ends_with_the_run(
    environment: Environment, clients: Clients, code: Path
) -> None:
    run = run_machine(environment, clients, code, WEAK)
    changes = list(follow(environment, clients, run.id, sleep=lambda _: time.sleep(0.02)))
    told = [(change.step.name, change.step.status) for change in changes if isinstance(change, StepChanged)]
    assert len(told) == len(set(told))
    assert [name for name, status in told if status != "running"] == [
        "validate",
        "prepare",
        "train",
        "evaluate",
        "gate",
    ]
    assert isinstance(changes[-1], RunEnded)
    assert changes[-1].run.status == "refused"


def test_following_brings_the_lines_of_jobs(environment: Environment, clients: Clients, code: Path) -> None:
    run = run_machine(environment, clients, code, GOOD)
    logs, group = clients("logs"), "/aws/sagemaker/TrainingJobs"
    stream = f"screening-dev-{run.id}-train/algo-1-1"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": int(time.time() * 1000) + n, "message": f"line {n}"} for n in range(3)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    changes = list(follow(environment, clients, run.id, logs=True, sleep=lambda _: time.sleep(0.02)))
    lines = [(change.step, change.text) for change in changes if isinstance(change, LogLine)]
    assert lines == [("train", "line 0"), ("train", "line 1"), ("train", "line 2")]


def test_a_throttling_cloud_is_asked_less_often(
    environment: Environment, clients: Clients, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_iac.core.errors import CloudError

    run = run_machine(environment, clients, code, GOOD)
    waits: list[float] = []
    refusals = iter([True, True])

    def flaky(*arguments: Any) -> Run:
        if next(refusals, False):
            raise CloudError("Cloud refused a request.", code="ThrottlingException")
        return get_run(*arguments)

    monkeypatch.setattr("mlops_iac.runs.follow.get_run", flaky)
    list(follow(environment, clients, run.id, sleep=lambda wait: waits.append(wait) or time.sleep(0.05)))  # type: ignore[func-returns-value]
    assert waits[0] < waits[1]


def test_runs_are_listed_newest_first_with_metrics(environment: Environment, clients: Clients, code: Path) -> None:
    first = run_machine(environment, clients, code, GOOD)
    write_evaluation(environment, clients, first, json.dumps({"metrics": METRICS}).encode())
    time.sleep(0.05)
    second = start(environment, clients, code.parents[1])
    clients("stepfunctions").start_execution(stateMachineArn=environment.pipelines["training"].handle, name="by-hand")
    wait_for(environment, clients, second)
    listed = list_runs(environment, clients)
    assert [run.id for run in listed] == [second.id, first.id]
    assert [run.metrics for run in listed] == [{}, METRICS]
    assert [run.id for run in list_runs(environment, clients, limit=1)] == [second.id]


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"metrics": 3}', b'{"auc": 1}'])
def test_an_evaluation_of_another_shape_has_no_metrics(
    environment: Environment, clients: Clients, code: Path, body: bytes
) -> None:
    run = run_machine(environment, clients, code, GOOD)
    write_evaluation(environment, clients, run, body)
    assert wait_for(environment, clients, run).metrics == {}


def test_an_unknown_run_is_refused_with_where_to_look(environment: Environment, clients: Clients, code: Path) -> None:
    run_machine(environment, clients, code, GOOD)
    with pytest.raises(RunError, match="No such run") as caught:
        get_run(environment, clients, "261121-081530-3fa2")
    assert "mlops-iac runs screening-dev" in caught.value.hint
    with pytest.raises(UsageError, match="Not a run"):
        get_run(environment, clients, "the last one")


def test_last_is_the_latest_run(environment: Environment, clients: Clients, code: Path) -> None:
    make_state_machine(environment, clients, GOOD)
    with pytest.raises(RunError, match="has no runs"):
        get_run(environment, clients, "last")
    run = start(environment, clients, code.parents[1])
    assert get_run(environment, clients, "last").id == run.id


TOO_LARGE = (
    b'{"metrics": {"auc": 1}}' + b" " * 300_000,
    "300,023 bytes, and a gate of this orchestrator reads at most 262,144",
)


@pytest.mark.parametrize(("body", "told"), [*BAD.values(), TOO_LARGE], ids=[*BAD, "too large"])
def test_a_gate_that_cannot_compare_names_the_file_and_what_is_wrong(
    environment: Environment, clients: Clients, code: Path, body: bytes | None, told: str
) -> None:
    states = {**chain("validate", "gate", "Tell the team", Failed=fail("BrokeOff", "States.IntrinsicFailure"))}
    run = run_machine(environment, clients, code, states)
    if body is not None:
        write_evaluation(environment, clients, run, body)
    ended = wait_for(environment, clients, run)
    assert ended.gate is not None
    assert not ended.gate.passed
    key = f"models/{run.id}/evaluation/evaluation.json"
    for words in (ended.error, str(ended.gate), {step.name: step.reason for step in ended.steps}["gate"]):
        assert key in words
        assert told.removesuffix(".") in words


def test_a_metric_is_read_where_the_gates_fact_says(environment: Environment, clients: Clients, code: Path) -> None:
    """Nothing is guessed: a nested metric and a ceiling, by the facts alone."""
    training = environment.pipelines["training"]
    (condition,) = FACTS["gate"]["conditions"]
    facts = {"conditions": [{**condition, "metric": "regression_metrics.mse.value", "direction": "at_most"}]}
    steps = tuple(
        replace(step, facts={**step.facts, **facts}) if step.kind == "gate" else step for step in training.steps
    )
    nested = replace(environment, pipelines={"training": replace(training, steps=steps)})
    run = run_machine(nested, clients, code, GOOD)
    write_evaluation(nested, clients, run, b'{"regression_metrics": {"mse": {"value": 0.5}}}')
    ended = wait_for(nested, clients, run)
    assert str(ended.gate) == "regression_metrics.mse.value is 0.5, the gate wants <= 0.97"
