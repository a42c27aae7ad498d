"""Variants and deployments, as DescribeEndpoint shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.jobs.records import now


def weight_of(variant: Mapping[str, Any]) -> float:
    return float(variant.get("InitialVariantWeight", 1.0))


def awake_of(variant: Mapping[str, Any]) -> int:
    """A serverless variant's ProvisionedConcurrency: requests at one time for which it stays awake."""
    return int((variant.get("ServerlessConfig") or {}).get("ProvisionedConcurrency", 0))


def count_of(variant: Mapping[str, Any]) -> int:
    """What is scaled of a variant: its instances, or what is awake of a serverless one."""
    return awake_of(variant) or int(variant.get("InitialInstanceCount", 1))


def summaries(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """ProductionVariants, of an endpoint configuration's."""
    return [_summary(variant) for variant in variants]


def pending(config: Mapping[str, Any], share: float, status: str, words: str = "") -> dict[str, Any]:
    """PendingDeploymentSummary, while the new fleet gets ``share`` of the traffic."""
    told = {"Status": status, "StartTime": now(), **({"StatusMessage": words} if words else {})}
    variants = []
    for variant in config["ProductionVariants"]:
        summary = {**_summary(variant), "VariantStatus": [told], "CurrentWeight": share * weight_of(variant)}
        variants.append(summary | ({"InstanceType": variant["InstanceType"]} if variant.get("InstanceType") else {}))
    return {"EndpointConfigName": config["EndpointConfigName"], "ProductionVariants": variants, "StartTime": now()}


def _summary(variant: Mapping[str, Any]) -> dict[str, Any]:
    weight = weight_of(variant)
    shown = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
    if serverless := variant.get("ServerlessConfig"):
        return {**shown, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    count = variant.get("InitialInstanceCount", 1)
    return {**shown, "CurrentInstanceCount": count, "DesiredInstanceCount": count}
