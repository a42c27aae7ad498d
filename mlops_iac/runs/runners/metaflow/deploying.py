"""A flow onto Step Functions, by Metaflow's own `step-functions create`."""

from __future__ import annotations

from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG, Environment, Pipeline
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.runners.metaflow.tools import tools
from mlops_iac.runs.runners.step_functions.story import find_in, parse


def deploy(environment: Environment, pipeline: Pipeline, clients: Clients, code_uri: str) -> None:
    """Raises RunError with what Metaflow says, CloudError when refused."""
    script = next(iter(pipeline.scripts.values()))
    token = find_token(clients, pipeline.handle)
    authorized = ["--authorize", token] if token else []
    command = [script, "--no-pylint", "step-functions", "create", "--log-execution-history", *authorized]
    with tools(environment, pipeline, clients, code_uri) as metaflow:
        metaflow.run(command, "The flow cannot be deployed.")
    with calling("stepfunctions:TagResource", pipeline.handle):
        tags = [{"key": STACK_TAG, "value": environment.stack}]
        clients("stepfunctions").tag_resource(resourceArn=pipeline.handle, tags=tags)


def find_token(clients: Clients, handle: str) -> str | None:
    """The production token of what is deployed, which Metaflow asks of whoever did not deploy it; it lies in the
    document itself. None before the first deployment."""
    try:
        with calling("stepfunctions:DescribeStateMachine", handle):
            text = clients("stepfunctions").describe_state_machine(stateMachineArn=handle)["definition"]
    except CloudError as error:
        if is_missing(error):
            return None
        raise
    document: Any = parse(text)
    first = find_in(document, "States", str(find_in(document, "StartAt")))
    token = find_in(first, "Parameters", "Parameters", "metaflow.production_token")
    return token if isinstance(token, str) else None
