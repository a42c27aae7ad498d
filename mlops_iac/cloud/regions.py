"""AWS's regions and their availability zones, without asking anybody.

Regions come from botocore's own ``partitions.json``. Zones are not in botocore: every region has at least three whose
names end in a, b, c, except those listed here (AWS's documentation, "AWS Regions and Availability Zones").
"""

from __future__ import annotations

import functools
from typing import Any, Final

from mlops_iac.core.errors import CloudError
from mlops_iac.core.suggestions import did_you_mean

_ZONE_LETTERS: Final = {
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
    "us-west-1": "ac",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "cn-north-1": "abd",
}


@functools.cache
def _partitions() -> list[dict[str, Any]]:
    from botocore.loaders import Loader

    return list(Loader().load_data("partitions")["partitions"])


@functools.cache
def known_regions() -> dict[str, str]:
    """Region to partition, the pseudo-regions (``aws-global``) left out."""
    return {
        region: partition["id"]
        for partition in _partitions()
        for region in partition["regions"]
        if not region.endswith("-global")
    }


def partition_of(region: str) -> str:
    """``aws``, ``aws-cn``, …; an invented region is a `CloudError` with the nearest real one."""
    if not region:
        raise CloudError("The region is missing.", hint="set `aws:region` in the stack file.")
    partition = known_regions().get(region)
    if partition is None:
        raise CloudError(
            "Unknown region.",
            f"`{region}` is not a region of AWS.",
            hint=did_you_mean(region, known_regions()),
            resource=region,
        )
    return partition


def dns_suffix_of(region: str) -> str:
    partition = partition_of(region)
    return str(next(p["outputs"]["dnsSuffix"] for p in _partitions() if p["id"] == partition))


def zones_of(region: str) -> list[str]:
    """Names of the region's availability zones, sorted."""
    partition_of(region)
    return [f"{region}{letter}" for letter in _ZONE_LETTERS.get(region, "abc")]


def describe(region: str) -> str:
    """A region's name for people: ``Europe (Ireland)``."""
    partition = partition_of(region)
    regions = next(p["regions"] for p in _partitions() if p["id"] == partition)
    return str(regions[region].get("description", region))
