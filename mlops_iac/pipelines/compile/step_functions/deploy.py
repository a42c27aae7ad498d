"""A deploy step: a model and an endpoint configuration for this run, then the endpoint, then wait until it serves.

An update that fails is rolled back by SageMaker: the endpoint is in service again with the configuration it had
before, so "in service" is success only with this run's configuration. An endpoint whose first creation failed cannot
be updated; it never served anything, so it is deleted and created anew.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, retry, task
from mlops_iac.pipelines.steps import DeployStep

FAILED = "DeployFailed"

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)"""

NOT_FOUND = "*Could not find*"
"""SageMaker has no error of its own for an endpoint that does not exist, only this text in a validation error."""

OPTIMIZED = "SageMaker.AmazonSageMakerException"
SDK = "SageMaker.SageMakerException"


def compile_deploy(step: DeployStep, context: Context) -> States:
    """Native calls: createModel, createEndpointConfig, createEndpoint or updateEndpoint, then a loop that asks."""
    endpoint = context.bindings.endpoints[step.endpoint]
    return {**_prepare(step, context, endpoint), **_place(step, context, endpoint), **_settle(step, context, endpoint)}


def _prepare(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """The run's own model and endpoint configuration."""
    package = context.uri(step.package)
    vpc = {"Subnets": list(endpoint.subnet_ids), "SecurityGroupIds": list(endpoint.security_group_ids)}
    model = {
        "ModelName.$": context.name(step),
        "ExecutionRoleArn": endpoint.role_arn,
        "PrimaryContainer": {"ModelPackageName.$": package},
        "EnableNetworkIsolation": endpoint.network_isolation,
        **({"VpcConfig": vpc} if endpoint.subnet_ids else {}),
        "Tags": context.tags(),
    }
    configuration = {
        "EndpointConfigName.$": context.name(step),
        "ProductionVariants": [{**endpoint.variant, "ModelName.$": context.name(step)}],
        **({"KmsKeyId": endpoint.key_arn} if endpoint.key_arn else {}),
        "Tags": context.tags(),
    }
    configure, start = f"{step.name}: configure", f"{step.name}: start"
    return {
        step.name: task("sagemaker:createModel", model, configure, generic=OPTIMIZED, ResultPath=None),
        configure: task("sagemaker:createEndpointConfig", configuration, start, generic=OPTIMIZED, ResultPath=None),
        start: {
            "Type": "Pass",
            "Parameters": {"config.$": context.name(step), "looks": {"count": 0}},
            "ResultPath": x.result(step.name),
            "Next": f"{step.name}: look",
        },
    }


def _place(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """Create the endpoint, update it, or wait until somebody else's change of it is over."""
    look, decide, absent, settle = (f"{step.name}: {what}" for what in ("look", "decide", "absent", "settle"))
    create, update, clear, wait = (f"{step.name}: {what}" for what in ("create", "update", "clear", "wait"))
    here = x.result(step.name)
    status = f"{here}.endpoint.EndpointStatus"
    recount, late = f"{step.name}: recount", f"{step.name}: too late"
    name = {"EndpointName": endpoint.name}
    placed = {**name, "EndpointConfigName.$": f"{here}.config"}
    found = task("aws-sdk:sagemaker:describeEndpoint", name, decide, generic=None, ResultPath=f"{here}.endpoint")
    found["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": x.FAILURE, "Next": absent}]
    return {
        look: found,
        absent: {
            "Type": "Choice",
            "Choices": [{"Variable": f"{x.FAILURE}.Cause", "StringMatches": NOT_FOUND, "Next": create}],
            "Default": failure_start(),
        },
        decide: {
            "Type": "Choice",
            "Choices": [
                {"Variable": status, "StringEquals": "Failed", "Next": clear},
                {"And": [{"Or": _any_of(status, BUSY)}, _may_look(step)], "Next": settle},
                {"Or": _any_of(status, BUSY), "Next": late},
            ],
            "Default": update,
        },
        settle: {"Type": "Wait", "Seconds": step.poll_seconds, "Next": recount},
        recount: _count(step, look),
        clear: task("aws-sdk:sagemaker:deleteEndpoint", name, settle, generic=SDK, ResultPath=None),
        create: task(
            "sagemaker:createEndpoint", {**placed, "Tags": context.tags()}, wait, generic=OPTIMIZED, ResultPath=None
        ),
        update: task("sagemaker:updateEndpoint", placed, wait, generic=OPTIMIZED, ResultPath=None),
    }


def _settle(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """Wait until the endpoint serves this run's model, or say why it does not."""
    wait, check, judge, count = (f"{step.name}: {what}" for what in ("wait", "check", "judge", "count"))
    old, late, broken, lost = (f"{step.name}: {what}" for what in ("rolled back", "too late", "broken", "lost"))
    here = x.result(step.name)
    status, config = f"{here}.endpoint.EndpointStatus", f"{here}.endpoint.EndpointConfigName"
    reason = f"{here}.endpoint.FailureReason"
    in_service = {"Variable": status, "StringEquals": "InService"}
    name = {"EndpointName": endpoint.name}
    return {
        wait: {"Type": "Wait", "Seconds": step.poll_seconds, "Next": check},
        check: {
            **task("aws-sdk:sagemaker:describeEndpoint", name, judge, generic=SDK, ResultPath=f"{here}.endpoint"),
            "Retry": retry(generic=SDK),
        },
        judge: {
            "Type": "Choice",
            "Choices": [
                {"And": [in_service, {"Variable": config, "StringEqualsPath": f"{here}.config"}], "Next": context.next},
                {**in_service, "Next": old},
                {"And": [{"Or": _any_of(status, BUSY)}, _may_look(step)], "Next": count},
                {"Or": _any_of(status, BUSY), "Next": late},
                {"Variable": reason, "IsPresent": True, "Next": broken},
            ],
            "Default": lost,
        },
        count: _count(step, wait),
        old: _failed("{} is in service with {}: SageMaker rolled the update back.", endpoint, config),
        late: _failed(f"{{}} is still {{}} after {step.max_seconds} seconds.", endpoint, status),
        broken: _failed("{} failed: {}", endpoint, reason),
        lost: _failed("{} is {} and SageMaker gives no reason.", endpoint, status),
    }


def _may_look(step: DeployStep) -> State:
    """True while the endpoint has not been looked at too often; that bounds the time and the execution's history."""
    looks = step.max_seconds // step.poll_seconds
    return {"Variable": f"{x.result(step.name)}.looks.count", "NumericLessThan": looks}


def _count(step: DeployStep, next: str) -> State:
    looks = f"{x.result(step.name)}.looks"
    return {
        "Type": "Pass",
        "Parameters": {"count.$": f"States.MathAdd({looks}.count, 1)"},
        "ResultPath": looks,
        "Next": next,
    }


def _failed(sentence: str, endpoint: EndpointBinding, path: str) -> State:
    """End with `DeployFailed` and the reason."""
    cause = sentence.replace("{}", f"Endpoint {endpoint.name}", 1)
    return {
        "Type": "Pass",
        "Parameters": {"Error": FAILED, "Cause.$": x.text(cause, path)},
        "ResultPath": x.FAILURE,
        "Next": failure_start(),
    }


def _any_of(path: str, values: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"Variable": path, "StringEquals": value} for value in values]
