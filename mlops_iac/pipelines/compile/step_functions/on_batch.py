"""Steps on a queue: a Batch job of one container, or of several nodes, waited for, in which the step launcher runs the
team's script.

A step leaves two things in ``$.steps``: ``order``, what the launcher is told (`mlops_iac_step.py`), and what later
steps read. Both are written before the job starts, as where it puts its results is known by then.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.bindings import QueueBinding
from mlops_iac.pipelines.compile.requests import RUN_TAG
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import on_nodes
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps import ScriptStep

MEBIBYTES = 1024


def launched(step: ScriptStep, order: State, context: Context, environment: State | None = None, **made: str) -> States:
    """Write the order, then run it. ``made``: expressions for what the step leaves to others; ``environment``: the
    script's own variables."""
    run = f"{step.name}: run"
    left = {"order": {"job.$": context.name(step), **order}, **{f"{name}.$": value for name, value in made.items()}}
    submitted = submission(step, context, {**(environment or {}), **context.environment()})
    begin: State = {"Type": "Pass", "Parameters": left, "ResultPath": x.result(step.name), "Next": run}
    if step.job.instance_count > 1:
        return {step.name: begin, **on_nodes.followed(step, submitted, context, run)}
    call = task(
        "batch:submitJob.sync", submitted, context.next, generic="Batch.ServerException", of=step, ResultPath=None
    )
    return {step.name: begin, run: call}


def submission(step: ScriptStep, context: Context, environment: State) -> State:
    """The parameters of SubmitJob, by Step Functions' names."""
    queue = context.bindings.queues[step.queue]
    needs = {"VCPU": step.job.vcpus, "MEMORY": step.job.memory_gib * MEBIBYTES, "GPU": step.job.gpus}
    variables = {
        "AWS_DEFAULT_REGION": context.bindings.region,
        "MLOPS_IAC_CODE.$": x.CODE_URI,
        "MLOPS_IAC_STEP.$": x.to_json(x.inside(x.result(step.name), "order")),
        **environment,
    }
    container = {
        "Command": jobs.LAUNCHED,
        "Environment": [_variable(name, value) for name, value in variables.items()],
        "ResourceRequirements": [{"Type": kind, "Value": str(need)} for kind, need in needs.items() if need],
    }
    return {
        "JobName.$": context.name(step),
        "JobQueue": queue.queue_arn,
        **_containers(step, queue, container),
        **({"ArrayProperties": {"Size": context.array_size}} if context.array_size else {}),
        "Timeout": {"AttemptDurationSeconds": step.job_seconds},
        "Tags": {STACK_TAG: context.bindings.stack, f"{RUN_TAG}.$": x.RUN, **context.bindings.tags},
    }


def _containers(step: ScriptStep, queue: QueueBinding, container: State) -> State:
    """One, or the same on each of several nodes.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeOverrides.html
    """
    count = step.job.instance_count
    if count == 1:
        return {"JobDefinition": queue.job_definition_arn, "ContainerOverrides": container}
    every = {"TargetNodes": "0:", "ContainerOverrides": container}
    return {
        "JobDefinition": queue.nodes_definition_arn,
        "NodeOverrides": {"NumNodes": count, "NodePropertyOverrides": [every]},
    }


def _variable(name: str, value: str) -> State:
    plain = name.removesuffix(".$")
    return {"Name": plain, "Value" if plain == name else "Value.$": value}


def folder(name: str, path: str, uri: str) -> dict[str, Any]:
    """One input or output of an order."""
    return {"name": name, "path": path, "uri.$": uri}
