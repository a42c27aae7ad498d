"""A deploy step: Lambda steps that call the environment's deployer, a function that puts a model into service.

SageMaker Pipelines has steps for models and endpoints, but AWS documents none that updates an endpoint which serves
already, and waits for it. A Lambda step may take ten minutes, less than an endpoint may need; so as many follow one
another as the wait is long. The function starts the change only once, and the last step fails when it is not done.
"""

from __future__ import annotations

import json
import math
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.compile.deployments import deployment_config, endpoint_settings, variants_beside
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.limits import LAMBDA_SECONDS
from mlops_iac.pipelines.compile.sagemaker_pipelines.verify import verified, verify
from mlops_iac.pipelines.steps import DeployStep

WAIT_SECONDS = LAMBDA_SECONDS - 60
"""How long one call waits: the rest is for starting, and for answering in time."""

NOW: dict[str, Any] = {"ModelName": "now"}
"""What the deployer writes the name of the model for that serves now; every other variant gets the run's."""


def compile_deploy(step: DeployStep, context: Context) -> list[Native]:
    """By a Lambda function of the environment, called by Lambda steps until the endpoint serves."""
    deployer, endpoint = context.deployer(step), context.bindings.endpoints[step.endpoint]
    count = math.ceil(step.seconds / WAIT_SECONDS)
    package = x.made(step.package.step, "ModelPackageArn")
    names = [step.name, *(f"{step.name}--wait-{number}" for number in range(1, count))]
    calls: list[Native] = [
        {
            "Name": name,
            "Type": "Lambda",
            "FunctionArn": deployer,
            "Arguments": {
                "name": x.get(x.name(step.name)),
                "run": x.get(x.RUN),
                "package": verified(step, context, package),
                "endpoint": endpoint.name,
                "settings": _settings(step, endpoint, context),
                "wait_seconds": min(WAIT_SECONDS, step.seconds - number * WAIT_SECONDS),
                "poll_seconds": step.poll_seconds,
                "last": number == count - 1,
                "started": x.made(names[number - 1], "OutputParameters['started']") if number else "false",
            },
            "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in ("endpoint", "started")],
            **({"DependsOn": [names[number - 1]]} if number else {}),
        }
        for number, name in enumerate(names)
    ]
    return [*verify(step, context, package), *calls]


def _settings(step: DeployStep, endpoint: EndpointBinding, context: Context) -> str:
    """What the model and the endpoint's configuration are made with, as text: a Lambda step's arguments are flat."""
    vpc = {"Subnets": list(endpoint.subnet_ids), "SecurityGroupIds": list(endpoint.security_group_ids)}
    tags = {STACK_TAG: context.bindings.stack, **context.bindings.tags}
    settings: dict[str, Any] = {
        "role": endpoint.role_arn,
        "alone": {"ProductionVariants": [dict(endpoint.variant)]},
        "beside": variants_beside(step, endpoint, NOW, {}) if step.strategy.beside else None,
        "deployment": deployment_config(step, endpoint),
        **({"scaler": endpoint.scaler_arn} if endpoint.scaler_arn else {}),
        "isolated": endpoint.network_isolation,
        "vpc": vpc if endpoint.subnet_ids else None,
        # The function writes the run behind the place.
        "config": endpoint_settings(endpoint, lambda name, place: {name: place}),
        "tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }
    return json.dumps(settings, separators=(",", ":"), sort_keys=True)
