"""Steps on a queue: a Batch job of one container, or of several nodes, waited for, in which the step launcher runs the
team's script.

The task leaves what SageMaker's own operator would (``made``), so that later steps read it alike wherever it computed.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.bindings import QueueBinding
from mlops_iac.pipelines.compile.requests import RUN_TAG
from mlops_iac.pipelines.steps import ScriptStep

OPERATOR = "RunOnQueue"
MEBIBYTES = 1024


def launched(
    step: ScriptStep, order: dict[str, Any], context: Context, environment: dict[str, str], **made: Any
) -> Tasks:
    """One task. ``order`` is what the launcher is told (`mlops_iac_step.py`), but for the job's name; ``environment``
    the script's own variables; ``made`` what later steps read of it."""
    queue = context.bindings.queues[step.queue]
    needs = {"VCPU": step.job.vcpus, "MEMORY": step.job.memory_gib * MEBIBYTES, "GPU": step.job.gpus}
    variables = {
        "AWS_DEFAULT_REGION": context.bindings.region,
        "MLOPS_IAC_CODE": x.CODE_URI,
        "MLOPS_IAC_STEP": x.to_json({"job": x.name(step.name), **order}),
        **environment,
        **context.environment(),
    }
    overrides = {
        "command": jobs.LAUNCHED,
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "resourceRequirements": [{"type": kind, "value": str(need)} for kind, need in needs.items() if need],
    }
    return {
        step.name: task(
            OPERATOR,
            job_name=x.name(step.name),
            job_queue=queue.queue_arn,
            **_containers(step, queue, overrides),
            tags={STACK_TAG: context.bindings.stack, RUN_TAG: x.RUN, **context.bindings.tags},
            made=made,
            job_seconds=step.job_seconds,
        )
    }


def _containers(step: ScriptStep, queue: QueueBinding, container: dict[str, Any]) -> dict[str, Any]:
    """One, or the same on each of several nodes.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeOverrides.html
    """
    count = step.job.instance_count
    if count == 1:
        return {"job_definition": queue.job_definition_arn, "container_overrides": container}
    every = {"targetNodes": "0:", "containerOverrides": container}
    return {
        "job_definition": queue.nodes_definition_arn,
        "node_overrides": {"numNodes": count, "nodePropertyOverrides": [every]},
    }


def folder(name: str, path: str, uri: Any) -> dict[str, Any]:
    """One input or output of an order."""
    return {"name": name, "path": path, "uri": uri}
