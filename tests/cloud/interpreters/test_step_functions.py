from __future__ import annotations

import json
import time
from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/runner"


@pytest.fixture(scope="module")
def sfn(cloud):
    return cloud.clients()("stepfunctions")


@pytest.fixture(scope="module")
def run(sfn):
    """Create a machine, start it, wait for its end."""

    def run(document: dict[str, Any], given: Any = None, seconds: float = 15) -> dict[str, Any]:
        arn = sfn.create_state_machine(
            name=f"m{time.time_ns()}", definition=json.dumps(document), roleArn=ROLE
        )["stateMachineArn"]
        execution = sfn.start_execution(stateMachineArn=arn, input=json.dumps(given or {}))["executionArn"]
        return wait(sfn, execution, seconds)

    return run


def wait(sfn: Any, execution: str, seconds: float = 15) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        described = sfn.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.03)
    raise AssertionError(f"{execution} is still running")


def one(state: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state, **more}}


def test_pass_and_intrinsics(run):
    done = run(one({"Type": "Pass", "End": True, "Parameters": {
        "name.$": "$$.Execution.Name", "text.$": "States.Format('run-{}', $.n)", "sum.$": "States.MathAdd($.n, 1)"}}), {"n": 4})
    output = json.loads(done["output"])
    assert done["status"] == "SUCCEEDED"
    assert output == {"name": done["name"], "text": "run-4", "sum": 5}
