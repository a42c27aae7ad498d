"""Jobs of several nodes, which a state machine submits and asks after: they are known by their number, and stopped with
their run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.environment import Pipeline, Step
from mlops_iac.runs.runners.execution import Execution
from mlops_iac.runs.runners.step_functions.runner import Runner
from mlops_iac.runs.runners.step_functions.story import Story

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NUMBER = "0d9f8b0c-6c62-4f0c-9d2e-0a1b2c3d4e5f"
SUBMITTED = {"resourceType": "aws-sdk:batch", "resource": "submitJob", "output": f'{{"JobId": "{NUMBER}"}}'}
LOOKED = {"resourceType": "aws-sdk:batch", "resource": "describeJobs", "output": '{"Jobs": [{"JobId": "other"}]}'}
MACHINES = [{"vcpus": 4, "nodes": 2, "max_minutes": 60}]
PIPELINE = Pipeline(
    name="training",
    target="step-functions",
    framework="sklearn",
    framework_version="1.4-2",
    code="code",
    code_prefix="code/",
    handle="arn:aws:states:eu-west-1:123456789012:stateMachine:screening-dev-training",
    steps=(Step(name="train", kind="training", facts={"job": "batch", "machines": MACHINES}),),
)


def events(*told: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": number, "previousEventId": number - 1, "timestamp": NOW, "type": kind, **details}
        for number, (kind, details) in enumerate(told, 1)
    ]


BEGUN = events(
    ("PassStateEntered", {"stateEnteredEventDetails": {"name": "train"}}),
    ("TaskStateEntered", {"stateEnteredEventDetails": {"name": "train: run"}}),
    ("TaskSucceeded", {"taskSucceededEventDetails": SUBMITTED}),
    ("TaskStateEntered", {"stateEnteredEventDetails": {"name": "train: look"}}),
    ("TaskSucceeded", {"taskSucceededEventDetails": LOOKED}),
)


def test_what_was_submitted_is_the_step_s_job() -> None:
    story = Story(PIPELINE, {})
    story.read(BEGUN)
    (step,) = story.steps.values()
    assert (step.job, step.status, step.attempts) == (NUMBER, "running", 1)


def test_whoever_stops_the_run_stops_its_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Client:
        def stop_execution(self, **given: Any) -> None:
            asked.append(("stop", given))

        def terminate_job(self, **given: Any) -> None:
            asked.append(("terminate", given))

    monkeypatch.setattr(Runner, "_read_events", lambda self, arn: iter(BEGUN))
    runner: Any = Runner.__new__(Runner)
    runner.pipeline, runner._clients = PIPELINE, lambda service: Client()
    run = Execution(run="261130-081530-3fa2", handle="arn", status="running", started=NOW, code="", parameters={})
    runner.stop(run, "enough")
    assert [name for name, _ in asked] == ["stop", "terminate"]
    assert asked[1][1] == {"jobId": NUMBER, "reason": "enough"}
