"""Around a deployment to a scaled endpoint: the environment's scaler is asked before, and told after it."""

from __future__ import annotations

from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.compile.deployments import LEFT
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps import DeployStep

GENERIC = "Lambda.AWSLambdaException"


def prepare(step: DeployStep, endpoint: EndpointBinding, name: str, next: str) -> States:
    """One state that lets the update happen, and finds out what it keeps; none where nothing scales."""
    if endpoint.scaler_arn is None:
        return {}
    here = x.result(step.name)
    asked = {"FunctionName": endpoint.scaler_arn, "Payload": {"do": "prepare", "config.$": f"{here}.config"}}
    kept: State = {"ResultSelector": {"retain.$": "$.Payload.retain"}, "ResultPath": f"{here}.scaling"}
    return {name: task("lambda:invoke", asked, next, generic=GENERIC, **kept)}


def retained(step: DeployStep, endpoint: EndpointBinding) -> State:
    """What UpdateEndpoint is told of the instances that there are; nothing where nothing scales."""
    if endpoint.scaler_arn is None:
        return {}
    return {
        "RetainAllVariantProperties.$": f"{x.result(step.name)}.scaling.retain",
        "ExcludeRetainedVariantProperties": LEFT,
    }


def apply(endpoint: EndpointBinding, name: str, next: str) -> States:
    """One state that has the endpoint scaled from then on; none where nothing scales."""
    if endpoint.scaler_arn is None:
        return {}
    asked = {"FunctionName": endpoint.scaler_arn, "Payload": {"do": "apply"}}
    return {name: task("lambda:invoke", asked, next, generic=GENERIC, ResultPath=None)}
