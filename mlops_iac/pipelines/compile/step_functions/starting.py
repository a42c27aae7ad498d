"""How a run of a state machine is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlops_iac.core.environment import Pipeline
from mlops_iac.core.run_names import execution_name
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.order import Order, Running, StartRequest, reuse


def start_request(
    stack: str, pipeline: Pipeline, order: Order, resume: Mapping[str, Any] | None = None
) -> StartRequest:
    """An execution's name is used once, so a run that is started twice is one run. ``resume``: where in the work of
    another run it begins."""
    document = {
        "run": order.run,
        "code": {"uri": order.code_uri, "sha": order.code_sha},
        "parameters": hyperparameters.carried(order.parameters),
        "names": {step.replace("-", "_"): name for step, name in order.names.items()},
        **({"resume": resume} if resume else {}),
        **_reuse(pipeline, order),
    }
    return StartRequest(
        service="stepfunctions",
        operation="start_execution",
        arguments={
            "stateMachineArn": pipeline.handle,
            "name": execution_name(stack, order.run),
            "input": json.dumps(document),
        },
        running=Running(
            operation="list_executions",
            arguments={"stateMachineArn": pipeline.handle, "statusFilter": "RUNNING", "maxResults": 1},
            items="executions",
            status="status",
            words=("RUNNING",),
        ),
    )


def _reuse(pipeline: Pipeline, order: Order) -> dict[str, Any]:
    """In paths the hyphens of steps are underscores."""
    found: dict[str, Any] = reuse(pipeline, order)
    for what, by_step in found.get("reuse", {}).items():
        found["reuse"][what] = {step.replace("-", "_"): value for step, value in by_step.items()}
    return found
