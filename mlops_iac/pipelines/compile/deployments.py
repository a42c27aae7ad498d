"""What SageMaker is asked for by a deploy step: the same requests, whichever target makes them."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.steps import DeployStep
from mlops_iac.pipelines.strategy import Shadow


def deployment_config(step: DeployStep, endpoint: EndpointBinding) -> dict[str, Any]:
    """UpdateEndpoint's DeploymentConfig; empty when SageMaker's own way is meant, all at once without alarms."""
    found = step.strategy.deployment(step.seconds)
    if found and endpoint.alarms:
        found["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in endpoint.alarms]}
    return found


def endpoint_settings(endpoint: EndpointBinding) -> dict[str, Any]:
    """What CreateEndpointConfig says besides variants and tags."""
    asynchronous = {"AsyncInferenceConfig": dict(endpoint.asynchronous)} if endpoint.asynchronous else {}
    return asynchronous | ({"KmsKeyId": endpoint.key_arn} if endpoint.key_arn else {})


def variants_beside(step: DeployStep, endpoint: EndpointBinding, now: dict[str, Any], new: dict[str, Any]) -> Any:
    """CreateEndpointConfig's variants when the new model serves beside the one before. ``now`` and ``new`` are their
    ``ModelName``, as the target writes it.

    A variant's share is its weight in the sum of all weights; a shadow's is its weight in the production variant's.
    """
    percent = getattr(step.strategy, "percent", 100)
    kept, added = {**endpoint.variant, **now}, {**endpoint.variant, **new, "VariantName": step.strategy.beside}
    if isinstance(step.strategy, Shadow):
        kept["InitialVariantWeight"], added["InitialVariantWeight"] = 1, percent / 100
        return {"ProductionVariants": [kept], "ShadowProductionVariants": [added]}
    kept["InitialVariantWeight"], added["InitialVariantWeight"] = 100 - percent, percent
    return {"ProductionVariants": [kept, added]}
