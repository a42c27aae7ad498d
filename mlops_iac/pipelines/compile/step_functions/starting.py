"""How a run of a state machine is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlops_iac.core.environment import Pipeline
from mlops_iac.core.run_names import execution_name
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.order import Order, Running, StartRequest


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
    """For steps with a cache: whose folders have what they make, and what those left that are not done again."""
    steps = [step.name for step in pipeline.steps if "cache" in step.facts]
    if not steps:
        return {}
    runs = {name: order.cached[name].run if name in order.cached else order.run for name in steps}
    left = {name: one.left for name, one in order.cached.items() if one.left is not None}
    keyed = [{step.replace("-", "_"): value for step, value in each.items()} for each in (runs, left)]
    return {"reuse": dict(zip(("runs", "left"), keyed, strict=True))}
