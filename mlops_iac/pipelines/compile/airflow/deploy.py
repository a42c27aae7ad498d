"""A deploy step: one task asks for the change, another waits until the endpoint serves the run's model.

Both are sensors that give their worker back between two looks. The provider's operators would take an endpoint that
SageMaker rolled back for one that serves, as it is in service then, with the configuration it had before.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.verify import verify
from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.compile.deployments import deployment_config, endpoint_settings, variants_beside
from mlops_iac.pipelines.steps import DeployStep

START, WAIT = "StartDeployment", "AwaitDeployment"

NOW: dict[str, Any] = {"ModelName": "now"}
"""What stands for the model that serves now; every other variant gets the run's."""


def compile_deploy(step: DeployStep, context: Context) -> Tasks:
    """By sensors of the helper: createModel, createEndpointConfig, createEndpoint or updateEndpoint; then it waits."""
    endpoint = context.bindings.endpoints[step.endpoint]
    request = {
        "name": x.name(step.name),
        "run": x.RUN,
        "package": context.uri(step.package),
        "endpoint": endpoint.name,
        "settings": _settings(step, endpoint, context),
    }
    asked = verify(step, context, request["package"], f"{step.name}--verify")
    after = f"{step.name}--verify" if asked else ""
    times: dict[str, Any] = {"look_seconds": step.look_seconds, "seconds": step.seconds}
    return {
        **asked,
        step.name: task(START, after=after, request=request, **times),
        # An attempt has a name of its own: what is waited for is what the task before made.
        f"{step.name}--wait": task(WAIT, after=step.name, request={**request, "name": x.made(step.name)}, **times),
    }


def _settings(step: DeployStep, endpoint: EndpointBinding, context: Context) -> dict[str, Any]:
    """What the model and the endpoint's configuration are made with."""
    vpc = {"Subnets": list(endpoint.subnet_ids), "SecurityGroupIds": list(endpoint.security_group_ids)}
    tags = {STACK_TAG: context.bindings.stack, **context.bindings.tags}
    return {
        "role": endpoint.role_arn,
        "alone": {"ProductionVariants": [dict(endpoint.variant)]},
        "beside": variants_beside(step, endpoint, NOW, {}) if step.strategy.beside else None,
        "deployment": deployment_config(step, endpoint),
        **({"scaler": endpoint.scaler_arn} if endpoint.scaler_arn else {}),
        "isolated": endpoint.network_isolation,
        "vpc": vpc if endpoint.subnet_ids else None,
        # What puts it into service writes the run behind the place.
        "config": endpoint_settings(endpoint, lambda name, place: {name: place}),
        "tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }
