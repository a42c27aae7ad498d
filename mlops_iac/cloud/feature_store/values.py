"""Whether a record is one of its group's, as PutRecord asks, and what its values are in the offline store. Pure.

Sources: CreateFeatureGroup and PutRecord in the API reference (types, event times, 350 KB of a record).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mlops_iac.cloud.wire import AwsError

RESERVED: Final = ("is_deleted", "write_time", "api_invocation_time")
"""Columns that Feature Store adds, so that no feature may be called so."""
MOST_BYTES: Final = 350 * 1024
"""Of a record."""
_INTEGRAL: Final = re.compile(r"[+-]?\d{1,19}")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_LEAST, _MOST = -(2**63), 2**63 - 1
_UNITS: Final = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86400, "Weeks": 604800}

Record = Mapping[str, str]
"""Feature name to value, both as they were sent."""


def refuse(message: str) -> AwsError:
    return AwsError("ValidationError", f"Validation Error: {message}")


def read_record(group: Mapping[str, Any], sent: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A record's values. Raises `AwsError` for what is not the group's."""
    types = {one["FeatureName"]: one["FeatureType"] for one in group["FeatureDefinitions"]}
    found: dict[str, str] = {}
    for one in sent:
        name, value = one["FeatureName"], one.get("ValueAsString")
        if name not in types:
            raise refuse(f"FeatureGroup {group['FeatureGroupName']} has no feature [{name}].")
        if name in found:
            raise refuse(f"Feature [{name}] is in the record more than once.")
        if one.get("ValueAsStringList") is not None:
            raise refuse(f"Feature [{name}] is no collection, and has a list of values.")
        if value is not None:
            check_value(name, types[name], value)
            found[name] = value
    for role in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if not found.get(group[role]):
            what = role.removesuffix("FeatureName")
            raise refuse(f"Record has no value for the {what} feature [{group[role]}].")
    if sum(len(name) + len(value.encode()) for name, value in found.items()) > MOST_BYTES:
        raise refuse(f"Record is larger than {MOST_BYTES // 1024} KB.")
    read_time(group, found[group["EventTimeFeatureName"]])
    return found


def check_value(name: str, kind: str, value: str) -> None:
    """Raises `AwsError` for a text that is no value of its type."""
    if kind == "Integral" and not (_INTEGRAL.fullmatch(value) and _LEAST <= int(value) <= _MOST):
        raise refuse(f"Feature [{name}] is of type Integral; its value [{value:.40}] is not.")
    if kind == "Fractional" and not _is_finite(value):
        raise refuse(f"Feature [{name}] is of type Fractional; its value [{value:.40}] is not.")


def _is_finite(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def read_time(group: Mapping[str, Any], value: str) -> datetime:
    """An event time: Unix seconds where its feature is Fractional, else ISO 8601 in UTC. Raises `AwsError`."""
    name = group["EventTimeFeatureName"]
    kind = next(one["FeatureType"] for one in group["FeatureDefinitions"] if one["FeatureName"] == name)
    try:
        if kind == "Fractional":
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(value))
        if _ISO.fullmatch(value):
            return datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        pass
    wanted = "Unix seconds" if kind == "Fractional" else "yyyy-MM-dd'T'HH:mm:ssZ or yyyy-MM-dd'T'HH:mm:ss.SSSZ"
    raise refuse(f"EventTime [{value:.40}] of feature [{name}] is not {wanted}.")


def stored(kind: str, value: str | None) -> Any:
    """A value as the offline store holds it."""
    if value is None or kind == "String":
        return value
    return int(value) if kind == "Integral" else float(value)


def seconds_of(duration: Mapping[str, Any] | None) -> int | None:
    """Of a TtlDuration; None where there is none, or one without a unit, which takes it away."""
    if not duration or not duration.get("Unit"):
        return None
    return int(duration["Value"]) * _UNITS[duration["Unit"]]
