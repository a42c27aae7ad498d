"""What SageMaker is asked for by a deploy step: the same requests, whichever target makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mlops_iac.pipelines.compile.bindings import EndpointBinding
from mlops_iac.pipelines.steps import DeployStep
from mlops_iac.pipelines.strategy import Shadow

PLACE: Final = "DestinationS3Uri"
"""Of a DataCaptureConfig: ``s3://bucket/prefix/``."""

LEFT: Final = [{"VariantPropertyType": name} for name in ("DataCaptureConfig", "DesiredWeight")]
"""What an update of a scaled endpoint does not keep: all but the number of instances that there are."""


def deployment_config(step: DeployStep, endpoint: EndpointBinding) -> dict[str, Any]:
    """UpdateEndpoint's DeploymentConfig; empty when SageMaker's own way is meant, all at once without alarms."""
    found = step.strategy.deployment(step.seconds)
    if found and endpoint.alarms:
        found["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in endpoint.alarms]}
    return found


def endpoint_settings(endpoint: EndpointBinding, of_run: Callable[[str, str], dict[str, str]]) -> dict[str, Any]:
    """What CreateEndpointConfig says besides variants and tags. ``of_run(member, place)`` is a member that holds a
    place with the run's id behind it: by that it is known which model was asked."""
    found: dict[str, Any] = {}
    if endpoint.asynchronous:
        found["AsyncInferenceConfig"] = dict(endpoint.asynchronous)
    if endpoint.capture:
        kept = {name: value for name, value in endpoint.capture.items() if name != PLACE}
        found["DataCaptureConfig"] = {**kept, **of_run(PLACE, endpoint.capture[PLACE])}
    if endpoint.key_arn:
        found["KmsKeyId"] = endpoint.key_arn
    return found


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
