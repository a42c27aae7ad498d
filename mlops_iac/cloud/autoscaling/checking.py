"""What Application Auto Scaling refuses, and what this cloud does not scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.autoscaling.book import AWAKE, INSTANCES, Which
from mlops_iac.cloud.gateway import AwsError, Call, Gateway
from mlops_iac.core.instance_types import is_burstable

METRICS: Final = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum"),
    "SageMakerVariantProvisionedConcurrencyUtilization": ("ServerlessProvisionedConcurrencyUtilization", "Maximum"),
}
"""Predefined metrics that endpoints of this cloud publish: the metric of CloudWatch, and the statistic of a minute. AWS
does not say which one it takes for a share of what is awake; the busiest moment is what Lambda's alarms go by."""
OF: Final = {
    INSTANCES: "SageMakerVariantInvocationsPerInstance",
    AWAKE: "SageMakerVariantProvisionedConcurrencyUtilization",
}
"""The predefined metric of each dimension that is scaled here."""
_KINDS: Final = ("StepScaling", "TargetTrackingScaling")


def check_bounds(found: Mapping[str, Any] | None, given: Mapping[str, int]) -> dict[str, int]:
    """The bounds of a target after a registration. Raises ValidationException."""
    bounds = {name: found[name] for name in ("MinCapacity", "MaxCapacity")} if found else {}
    bounds |= given
    if lacking := [name for name in ("MinCapacity", "MaxCapacity") if name not in bounds]:
        raise refused(f"{lacking[0]} is required when a scalable target is registered for the first time.")
    if bounds["MinCapacity"] < 0 or bounds["MaxCapacity"] < bounds["MinCapacity"]:
        least, most = bounds["MinCapacity"], bounds["MaxCapacity"]
        raise refused(f"Maximum capacity ({most}) cannot be less than minimum capacity ({least}), nor these negative.")
    return bounds


def check_variant(gateway: Gateway, call: Call, which: Which, bounds: Mapping[str, int]) -> None:
    """Whether there is such a variant, and it can be scaled. What is no endpoint is kept and not looked at."""
    named = which.variant()
    if named is None:
        return
    if which.dimension not in OF:
        raise AwsError("NotImplemented", f"The embedded cloud does not scale {which.dimension}.", 501)
    client = gateway.roles.as_caller(call)("sagemaker")
    try:
        found = client.describe_endpoint(EndpointName=named[0])
        config = client.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    except client.exceptions.ClientError as error:
        raise refused(error.response["Error"]["Message"]) from error
    if "ProductionVariants" not in found:
        raise refused(f"Endpoint {named[0]} is {found['EndpointStatus']}: it cannot be a scalable target yet.")
    variants = {each["VariantName"]: each for each in config["ProductionVariants"]}
    if named[1] not in variants:
        raise refused(f"Could not find variant {named[1]} of endpoint {named[0]}.")
    if which.dimension == AWAKE:
        _check_awake(named[1], variants[named[1]].get("ServerlessConfig") or {}, bounds)
        return
    kind = variants[named[1]].get("InstanceType", "")
    if not kind:
        raise refused(f"Variant {named[1]} is serverless: it has no instances to scale.")
    if is_burstable(kind):
        raise refused(f"Automatic scaling is not supported for the burstable instance type {kind}.")


def _check_awake(name: str, config: Mapping[str, Any], bounds: Mapping[str, int]) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-autoscale.html"""
    if not config.get("ProvisionedConcurrency"):
        raise refused(f"Variant {name} has no provisioned concurrency to scale.")
    if bounds["MinCapacity"] < 1 or bounds["MaxCapacity"] > config["MaxConcurrency"]:
        least, most = bounds["MinCapacity"], bounds["MaxCapacity"]
        told = f"Capacities {least} to {most} of variant {name} must be 1 to its MaxConcurrency, "
        raise refused(f"{told}{config['MaxConcurrency']}.")


def check_policy(
    asked: Mapping[str, Any], which: Which, before: Mapping[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    """Kind and configuration. Raises ValidationException, and NotImplemented for what is not decided here."""
    kind: str = asked.get("PolicyType") or (before or {}).get("PolicyType") or "StepScaling"
    if kind not in _KINDS:
        raise AwsError("NotImplemented", f"The embedded cloud does not decide by policies of type {kind}.", 501)
    config = asked.get(f"{kind}PolicyConfiguration")
    if not config:
        raise refused(f"{kind}PolicyConfiguration is required for a policy of type {kind}.")
    if which.variant() is not None and kind == "TargetTrackingScaling":
        _check_tracking(config, which)
    if kind == "StepScaling" and not config.get("StepAdjustments"):
        raise refused("StepAdjustments is required.")
    return kind, dict(config)


def _check_tracking(config: Mapping[str, Any], which: Which) -> None:
    own, known = config.get("CustomizedMetricSpecification"), config.get("PredefinedMetricSpecification")
    if bool(own) == bool(known):
        raise refused("Exactly one of CustomizedMetricSpecification and PredefinedMetricSpecification is required.")
    if float(config["TargetValue"]) <= 0:
        raise refused(f"TargetValue is {config['TargetValue']}; it must be above 0.")
    if known and known["PredefinedMetricType"] not in METRICS:
        told = f"The embedded cloud does not publish {known['PredefinedMetricType']}."
        raise AwsError("NotImplemented", told, 501)
    if known and known["PredefinedMetricType"] != OF[which.dimension]:
        raise refused(f"{known['PredefinedMetricType']} is no metric of {which.dimension}.")
    if own and own.get("Metrics"):
        raise AwsError("NotImplemented", "The embedded cloud does not track metric math.", 501)


def refused(why: str) -> AwsError:
    return AwsError("ValidationException", why)
