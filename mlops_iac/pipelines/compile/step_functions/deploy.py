"""A deploy step: a model and an endpoint configuration for this run, then the endpoint, then wait until it serves.

An update that fails is rolled back by SageMaker: the endpoint is in service again with the configuration it had
before, so "in service" is success only with this run's configuration. An endpoint whose first creation failed cannot
be updated; it never served anything, so it is deleted and created anew. Where the new model comes beside the old one,
the old one is what the endpoint serves when this step gets to it.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.compile.deployments import deployment_config, endpoint_settings, variants_beside
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import scaling
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, retry, task
from mlops_iac.pipelines.compile.step_functions.verify import verify
from mlops_iac.pipelines.steps import DeployStep

FAILED = "DeployFailed"

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)"""

NOT_FOUND = "*Could not find*"
"""SageMaker has no error of its own for an endpoint that does not exist, only this text in a validation error."""

ROLLED_BACK = "SageMaker rolled the update back."

OPTIMIZED = "SageMaker.AmazonSageMakerException"
SDK = "SageMaker.SageMakerException"


def compile_deploy(step: DeployStep, context: Context) -> States:
    """Native calls: createModel, createEndpointConfig, createEndpoint or updateEndpoint, then a loop that asks."""
    endpoint = context.bindings.endpoints[step.endpoint]
    return {**_prepare(step, context, endpoint), **_place(step, context, endpoint), **_settle(step, context, endpoint)}


def _prepare(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """The run's own model and endpoint configuration."""
    package = context.uri(step.package)
    verified = verify(step, context, package, f"{step.name}: model")
    vpc = {"Subnets": list(endpoint.subnet_ids), "SecurityGroupIds": list(endpoint.security_group_ids)}
    model = {
        "ModelName.$": context.name(step),
        "ExecutionRoleArn": endpoint.role_arn,
        "PrimaryContainer": {"ModelPackageName.$": package},
        "EnableNetworkIsolation": endpoint.network_isolation,
        **({"VpcConfig": vpc} if endpoint.subnet_ids else {}),
        "Tags": context.tags(),
    }
    configure, start = f"{step.name}: configure", f"{step.name}: start"
    alone = {"ProductionVariants": [{**endpoint.variant, "ModelName.$": context.name(step)}]}
    beside = bool(step.strategy.beside)
    return {
        **verified,
        (f"{step.name}: model" if verified else step.name): task(
            "sagemaker:createModel", model, start if beside else configure, generic=OPTIMIZED, ResultPath=None
        ),
        configure: _configuration(step, context, endpoint, alone, f"{step.name}: create" if beside else start),
        start: {
            "Type": "Pass",
            "Parameters": {"config.$": context.name(step), "looks": {"count": 0}},
            "ResultPath": x.result(step.name),
            "Next": f"{step.name}: look",
        },
        **(_beside(step, context, endpoint) if beside else {}),
    }


def _configuration(
    step: DeployStep, context: Context, endpoint: EndpointBinding, variants: dict[str, Any], next: str
) -> State:
    configuration = {
        "EndpointConfigName.$": context.name(step),
        **variants,
        **endpoint_settings(endpoint, lambda name, place: {f"{name}.$": x.text(f"{place}{{}}", x.RUN)}),
        "Tags": context.tags(),
    }
    return task("sagemaker:createEndpointConfig", configuration, next, generic=OPTIMIZED, ResultPath=None)


def _beside(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """The configuration with the model that serves now, and the run's own beside it."""
    current, beside, here = f"{step.name}: current", f"{step.name}: beside", x.result(step.name)
    asked = {"EndpointConfigName.$": f"{here}.endpoint.EndpointConfigName"}
    now = {"ModelName.$": f"{here}.current.ProductionVariants[0].ModelName"}
    variants = variants_beside(step, endpoint, now, {"ModelName.$": context.name(step)})
    return {
        current: task(
            "aws-sdk:sagemaker:describeEndpointConfig", asked, beside, generic=SDK, ResultPath=f"{here}.current"
        ),
        beside: _configuration(step, context, endpoint, variants, _update_state(step, endpoint)),
    }


def _place(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """Create the endpoint, update it, or wait until somebody else's change of it is over."""
    look, decide, absent, settle = (f"{step.name}: {what}" for what in ("look", "decide", "absent", "settle"))
    create, update, clear, wait = (f"{step.name}: {what}" for what in ("create", "update", "clear", "wait"))
    here = x.result(step.name)
    status = f"{here}.endpoint.EndpointStatus"
    recount, late = f"{step.name}: recount", f"{step.name}: too late"
    deployment, first, later = deployment_config(step, endpoint), create, _update_state(step, endpoint)
    if step.strategy.beside:
        first, later = f"{step.name}: configure", f"{step.name}: current"
    name = {"EndpointName": endpoint.name}
    placed = {**name, "EndpointConfigName.$": f"{here}.config"}
    found = task("aws-sdk:sagemaker:describeEndpoint", name, decide, generic=None, ResultPath=f"{here}.endpoint")
    found["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": x.FAILURE, "Next": absent}]
    return {
        look: found,
        absent: {
            "Type": "Choice",
            "Choices": [{"Variable": f"{x.FAILURE}.Cause", "StringMatches": NOT_FOUND, "Next": first}],
            "Default": failure_start(),
        },
        decide: {
            "Type": "Choice",
            "Choices": [
                {"Variable": status, "StringEquals": "Failed", "Next": clear},
                {"And": [{"Or": _any_of(status, BUSY)}, _may_look(step)], "Next": settle},
                {"Or": _any_of(status, BUSY), "Next": late},
            ],
            "Default": later,
        },
        settle: {"Type": "Wait", "Seconds": step.look_seconds, "Next": recount},
        recount: _count(step, look),
        clear: task("aws-sdk:sagemaker:deleteEndpoint", name, settle, generic=SDK, ResultPath=None),
        create: task(
            "sagemaker:createEndpoint", {**placed, "Tags": context.tags()}, wait, generic=OPTIMIZED, ResultPath=None
        ),
        **scaling.prepare(step, endpoint, _update_state(step, endpoint), update),
        update: _update({**placed, **scaling.retained(step, endpoint)}, deployment, wait),
    }


def _update_state(step: DeployStep, endpoint: EndpointBinding) -> str:
    """Where an update begins."""
    return f"{step.name}: {'update' if endpoint.scaler_arn is None else 'prepare'}"


def _update(placed: State, deployment: State, next: str) -> State:
    """The optimized integration takes the two names and nothing else:
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html"""
    if not deployment and len(placed) == 2:
        return task("sagemaker:updateEndpoint", placed, next, generic=OPTIMIZED, ResultPath=None)
    asked = {**placed, **({"DeploymentConfig": deployment} if deployment else {})}
    return task("aws-sdk:sagemaker:updateEndpoint", asked, next, generic=SDK, ResultPath=None)


def _settle(step: DeployStep, context: Context, endpoint: EndpointBinding) -> States:
    """Wait until the endpoint serves this run's model, or say why it does not."""
    wait, check, judge, count = (f"{step.name}: {what}" for what in ("wait", "check", "judge", "count"))
    old, why = f"{step.name}: rolled back", f"{step.name}: rolled back for"
    late, broken, lost = (f"{step.name}: {what}" for what in ("too late", "broken", "lost"))
    here = x.result(step.name)
    status, config = f"{here}.endpoint.EndpointStatus", f"{here}.endpoint.EndpointConfigName"
    reason = f"{here}.endpoint.FailureReason"
    in_service = {"Variable": status, "StringEquals": "InService"}
    name = {"EndpointName": endpoint.name}
    ours = {"And": [in_service, {"Variable": config, "StringEqualsPath": f"{here}.config"}]}
    said = {"And": [in_service, {"Variable": reason, "IsPresent": True}], "Next": why}
    taken_back = [said, {**in_service, "Next": old}]
    scale, keep, told = (f"{step.name}: {what}" for what in ("scale", "keep scaling", "taken back"))
    scaled = endpoint.scaler_arn is not None
    return {
        wait: {"Type": "Wait", "Seconds": step.look_seconds, "Next": check},
        check: {
            **task("aws-sdk:sagemaker:describeEndpoint", name, judge, generic=SDK, ResultPath=f"{here}.endpoint"),
            "Retry": retry(generic=SDK),
        },
        judge: {
            "Type": "Choice",
            "Choices": [
                {**ours, "Next": scale if scaled else context.next},
                *([{**in_service, "Next": keep}] if scaled else taken_back),
                {"And": [{"Or": _any_of(status, BUSY)}, _may_look(step)], "Next": count},
                {"Or": _any_of(status, BUSY), "Next": late},
                {"Variable": reason, "IsPresent": True, "Next": broken},
            ],
            "Default": lost,
        },
        count: _count(step, wait),
        **scaling.apply(endpoint, scale, context.next),
        **scaling.apply(endpoint, keep, told),
        **({told: {"Type": "Choice", "Choices": taken_back, "Default": lost}} if scaled else {}),
        why: _failed(f"{{}} is in service with {{}}: {ROLLED_BACK} {{}}", endpoint, config, reason),
        old: _failed(f"{{}} is in service with {{}}: {ROLLED_BACK}{_watched(step, endpoint)}", endpoint, config),
        late: _failed(f"{{}} is still {{}} after {step.seconds} seconds.", endpoint, status),
        broken: _failed("{} failed: {}", endpoint, reason),
        lost: _failed("{} is {} and SageMaker gives no reason.", endpoint, status),
    }


def _may_look(step: DeployStep) -> State:
    """True while the endpoint has not been looked at too often; that bounds the time and the execution's history."""
    looks = step.seconds // step.look_seconds
    return {"Variable": f"{x.result(step.name)}.looks.count", "NumericLessThan": looks}


def _count(step: DeployStep, next: str) -> State:
    looks = f"{x.result(step.name)}.looks"
    return {
        "Type": "Pass",
        "Parameters": {"count.$": f"States.MathAdd({looks}.count, 1)"},
        "ResultPath": looks,
        "Next": next,
    }


def _watched(step: DeployStep, endpoint: EndpointBinding) -> str:
    return f" It watched {', '.join(endpoint.alarms)}." if step.strategy.deployment(0) and endpoint.alarms else ""


def _failed(sentence: str, endpoint: EndpointBinding, *paths: str) -> State:
    """End with `DeployFailed` and the reason."""
    cause = sentence.replace("{}", f"Endpoint {endpoint.name}", 1)
    return {
        "Type": "Pass",
        "Parameters": {"Error": FAILED, "Cause.$": x.text(cause, *paths)},
        "ResultPath": x.FAILURE,
        "Next": failure_start(),
    }


def _any_of(path: str, values: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"Variable": path, "StringEquals": value} for value in values]
