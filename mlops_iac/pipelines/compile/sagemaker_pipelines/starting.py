"""How a run of a SageMaker pipeline is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlops_iac.core.environment import Pipeline
from mlops_iac.core.run_names import execution_name
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.order import Order, Running, StartRequest


def start_request(stack: str, pipeline: Pipeline, order: Order) -> StartRequest:
    """Jobs get their names from SageMaker; a step that makes what an endpoint uses takes its own from the run. A run
    that is started twice carries the same token, which makes it one."""
    named = [step.name for step in pipeline.steps if "endpoint" in step.facts]
    cached = [step.name for step in pipeline.steps if "cache" in step.facts]
    given = {
        "run-id": order.run,
        "code-uri": order.code_uri,
        "code-sha": order.code_sha,
        **{f"name--{name}": order.names[name] for name in named},
        **{f"inputs--{name}": _inputs(name, order) for name in cached},
        **flat(order.parameters),
    }
    name = execution_name(stack, order.run)
    return StartRequest(
        service="sagemaker",
        operation="start_pipeline_execution",
        arguments={
            "PipelineName": pipeline.handle,
            "PipelineExecutionDisplayName": name,
            "PipelineParameters": [{"Name": key, "Value": value} for key, value in given.items()],
            "ClientRequestToken": f"mlops-iac-start-{name}",
        },
        running=Running(
            operation="list_pipeline_executions",
            arguments={"PipelineName": pipeline.handle, "SortOrder": "Descending", "MaxResults": 50},
            items="PipelineExecutionSummaries",
            status="PipelineExecutionStatus",
            words=("Executing", "Stopping"),
        ),
    )


def flat(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as SageMaker takes them: text, an entry of a map by itself."""
    found: dict[str, str] = {}
    for name, value in hyperparameters.carried(parameters).items():
        if isinstance(value, Mapping):
            found |= {f"{name}--{key}": str(item) for key, item in value.items()}
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


def _inputs(step: str, order: Order) -> str:
    """A run that nobody looked at data for does everything anew, and nobody takes it over."""
    return order.cached[step].inputs if step in order.cached else order.run
