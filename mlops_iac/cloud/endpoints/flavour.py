"""Endpoints of instances and serverless ones: which can become the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.gateway import AwsError


def check_change(arn: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse an update between two endpoint configurations that SageMaker does not support.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-update.html, in its note. Raises `AwsError`.
    """
    if _is_serverless(after) and not _is_serverless(before):
        words = "a real-time endpoint cannot become a serverless one"
        raise AwsError("ValidationException", f'Cannot update endpoint "{arn}": {words}.')


def _is_serverless(config: Mapping[str, Any]) -> bool:
    return any(variant.get("ServerlessConfig") for variant in config["ProductionVariants"])


def check_serverless(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A ServerlessConfig; raises ValidationException where more is awake than may be asked at one time."""
    awake, most = config.get("ProvisionedConcurrency", 0), config["MaxConcurrency"]
    if awake > most:
        told = f"ProvisionedConcurrency of variant {name} is {awake}, which exceeds its MaxConcurrency, {most}."
        raise AwsError("ValidationException", told)
    return dict(config)
