"""The champion of a registry: the version that was approved last, and the metric that a challenger must better.

It is asked when a run starts: from here, and on AWS by functions of an environment, so this file is part of these
functions' code and needs nothing but the standard library.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

NOTHING: Final = 1e308
"""Stands for no bound where there is no champion; JSON has no infinity."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""What is read of an evaluation file."""

SLOT: Final = "champion_"
"""What the names of the values begin with by which a run is told its bounds."""


class NotComparable(Exception):
    """There is a champion, and nothing can be compared with it."""


def find_bound(sagemaker: Any, s3: Any, asked: Mapping[str, Any]) -> float:
    """The bound that a condition of a gate has for a run that starts now.

    ``asked`` has: group, the model package group; keys, the metric's in the champion's evaluation file; direction,
    at_least or at_most; by, how much better. Raises NotComparable for a champion without that metric.
    """
    sign = 1.0 if asked["direction"] == "at_least" else -1.0
    package = find_champion(sagemaker, asked["group"])
    if package is None:
        return -sign * NOTHING
    return _read_metric(sagemaker, s3, package, asked["keys"]) + sign * float(asked["by"])


def find_champion(sagemaker: Any, group: str) -> str | None:
    """The ARN of the version that was approved last; None where none is."""
    found: list[dict[str, str]] = sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"]
    return found[0]["ModelPackageArn"] if found else None


def is_open(bound: float) -> bool:
    """Whether a bound says that there was no champion."""
    return abs(bound) >= NOTHING


def _read_metric(sagemaker: Any, s3: Any, package: str, keys: list[str]) -> float:
    described = sagemaker.describe_model_package(ModelPackageName=package)
    quality = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    if not quality.get("S3Uri"):
        raise NotComparable(f"{package} names no evaluation file")
    bucket, _, key = quality["S3Uri"].removeprefix("s3://").partition("/")
    try:
        value = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read(MOST_BYTES))
    except s3.exceptions.NoSuchKey:
        raise NotComparable(f"the evaluation file of {package}, {quality['S3Uri']}, is not there any more") from None
    except (ValueError, RecursionError):  # one that was cut off is no JSON either
        raise NotComparable(f"the evaluation file of {package}, {quality['S3Uri']}, is not JSON") from None
    for name in keys:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotComparable(f"{quality['S3Uri']}, of {package}, has no number `{'.'.join(keys)}`")
    return float(value)
