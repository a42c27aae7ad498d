"""Whether the online store says what the history says. Pure; it lies beside the function's code on AWS Lambda."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

Group = Mapping[str, Any]

SAME, AHEAD, EXPIRED = "same", "ahead", "expired"
MISSING, STALE, DIFFERENT = "missing", "stale", "different"
SKEWED = (MISSING, STALE, DIFFERENT)
CLOSE = 1e-9
"""Two fractional values that differ by less than this share are one."""
MOST_SHOWN = 20
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - the function's runtime may be older than UTC's name


def verdict(group: Group, row: Mapping[str, str], online: Mapping[str, str] | None, now: datetime) -> tuple[str, str]:
    """What one record is, and the feature that differs, if one does. ``row`` is the newest of its history, with ``""``
    for what has no value; ``online`` the record, None where there is none."""
    then = moment(group, row[group["time"]])
    if row["is_deleted"] == "true":
        return (SAME if online is None or moment(group, online[group["time"]]) > then else DIFFERENT), ""
    if online is None:
        over = group.get("ttl") is not None and then + timedelta(seconds=group["ttl"]) <= now
        return (EXPIRED if over else MISSING), ""
    stored = moment(group, online[group["time"]])
    if stored != then:
        return (AHEAD if stored > then else STALE), ""
    for name, kind in group["types"].items():
        if name != group["time"] and not same(kind, row[name], online.get(name, "")):
            return DIFFERENT, name
    return SAME, ""


def same(kind: str, one: str, other: str) -> bool:
    if "" in (one, other) or kind == "String":
        return one == other
    if kind == "Integral":
        return int(one) == int(other)
    return math.isclose(float(one), float(other), rel_tol=CLOSE)


def moment(group: Group, value: str) -> datetime:
    if group["types"][group["time"]] == "String":
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return EPOCH + timedelta(seconds=float(value))


def report(
    group: Group, rows: Iterable[Mapping[str, str]], online: Mapping[str, Mapping[str, str]], now: datetime
) -> dict[str, Any]:
    """Of one group: how many records are what, and some that differ. ``online`` is by record identifier."""
    counts: Counter[str] = Counter()
    shown: list[dict[str, str]] = []
    for row in rows:
        key = row[group["identifier"]]
        found, feature = verdict(group, row, online.get(key), now)
        counts[found] += 1
        if found in SKEWED and len(shown) < MOST_SHOWN:
            shown.append({"record": key, "is": found, **({"feature": feature} if feature else {})})
    return {"counts": dict(counts), "shown": shown}


def metrics(reports: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Of all groups together. Nothing that was compared is no skew."""
    total: Counter[str] = Counter()
    for one in reports:
        total.update(one["counts"])
    compared = sum(total.values()) - total[EXPIRED]
    skewed = sum(total[what] for what in SKEWED)
    named = {what: float(total[what]) for what in (*SKEWED, AHEAD)}
    return {"skew": skewed / compared if compared else 0.0, "compared": float(compared), **named}
