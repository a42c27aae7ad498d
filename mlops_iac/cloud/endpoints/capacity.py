"""How many instances the variants of an endpoint have, and whether they are scaled. A record's ``_config`` is what its
endpoint is now; the configuration that it was made from stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.autoscaling.book import Book, Place, Which
from mlops_iac.cloud.endpoints.flavour import check_serverless
from mlops_iac.cloud.endpoints.summaries import count_of, summaries, weight_of
from mlops_iac.cloud.gateway import AwsError, Gateway

Config = dict[str, Any]


def counts(config: Mapping[str, Any]) -> dict[str, int]:
    return {each["VariantName"]: count_of(each) for each in config["ProductionVariants"]}


def weights(config: Mapping[str, Any]) -> dict[str, float]:
    return {each["VariantName"]: weight_of(each) for each in config["ProductionVariants"]}


def change(record: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> Config:
    """The configuration with other weights and numbers of instances. Raises ValidationException."""
    wanted = {each["VariantName"]: each for each in asked}
    config: Config = dict(record["_config"])
    if strangers := sorted(wanted.keys() - counts(config).keys()):
        raise AwsError("ValidationException", f'Could not find variant "{strangers[0]}" of the endpoint.')
    for name, each in wanted.items():
        count = each.get("DesiredInstanceCount")
        if count is not None and count < 1 and not config.get("AsyncInferenceConfig"):
            told = f"DesiredInstanceCount of variant {name} is {count}: only an asynchronous endpoint may have none."
            raise AwsError("ValidationException", told)
    config["ProductionVariants"] = [_changed(each, wanted.get(each["VariantName"], {})) for each in _variants(config)]
    return config


def retain(asked: Mapping[str, Any], config: Config, record: Mapping[str, Any]) -> Config:
    """A new configuration with what UpdateEndpoint is to keep of each variant that was there before."""
    if not asked.get("RetainAllVariantProperties"):
        return config
    left = {each["VariantPropertyType"] for each in asked.get("ExcludeRetainedVariantProperties") or ()}
    before = {each["VariantName"]: each for each in _variants(record["_config"])}
    kept: Config = dict(config)
    kept["ProductionVariants"] = [_kept(each, before.get(each["VariantName"]), left) for each in _variants(config)]
    if "DataCaptureConfig" not in left and "DataCaptureConfig" in record["_config"]:
        kept["DataCaptureConfig"] = record["_config"]["DataCaptureConfig"]
    return kept


def shown(config: Mapping[str, Any], now: Mapping[str, int]) -> list[dict[str, Any]]:
    """ProductionVariants while the instances of ``now`` become those of the configuration."""
    return [_while_changing(each, now[each["VariantName"]]) for each in summaries(_variants(config))]


def _while_changing(summary: dict[str, Any], count: int) -> dict[str, Any]:
    if "CurrentInstanceCount" in summary:
        return {**summary, "CurrentInstanceCount": count}
    serverless = summary["CurrentServerlessConfig"]
    if "ProvisionedConcurrency" not in serverless:
        return summary
    return {**summary, "CurrentServerlessConfig": {**serverless, "ProvisionedConcurrency": count}}


def scaled_variant(asked: Mapping[str, Any]) -> tuple[str, str] | None:
    """Endpoint and variant that an operation of Application Auto Scaling names."""
    return Which(asked["ServiceNamespace"], asked["ScalableDimension"], asked["ResourceId"]).variant()


def find_scaled(gateway: Gateway, account: str, region: str, endpoint: str) -> frozenset[str]:
    """The variants of an endpoint that are scalable targets."""
    named = (which.variant() for _, which, _ in Book(gateway).targets(Place(account, region)))
    return frozenset(each[1] for each in named if each and each[0] == endpoint)


def _variants(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = config["ProductionVariants"]
    return found


def _changed(variant: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    weight, count = asked.get("DesiredWeight"), asked.get("DesiredInstanceCount")
    found = {**variant, "InitialVariantWeight": weight_of(variant) if weight is None else weight}
    if update := asked.get("ServerlessUpdateConfig"):
        if not variant.get("ServerlessConfig"):
            told = f"Variant {variant['VariantName']} has instances: ServerlessUpdateConfig is for serverless variants."
            raise AwsError("ValidationException", told)
        found["ServerlessConfig"] = check_serverless(variant["VariantName"], {**variant["ServerlessConfig"], **update})
    elif count is not None and variant.get("ServerlessConfig"):
        told = f"Variant {variant['VariantName']} is serverless: it has no instances, but a ServerlessUpdateConfig."
        raise AwsError("ValidationException", told)
    return found if count is None else {**found, "InitialInstanceCount": count}


def _kept(variant: dict[str, Any], before: Mapping[str, Any] | None, left: set[str]) -> dict[str, Any]:
    if before is None:
        return variant
    found = dict(variant)
    if "DesiredInstanceCount" not in left and "InitialInstanceCount" in before and "InitialInstanceCount" in variant:
        found["InitialInstanceCount"] = before["InitialInstanceCount"]
    if "DesiredWeight" not in left:
        found["InitialVariantWeight"] = weight_of(before)
    return found
