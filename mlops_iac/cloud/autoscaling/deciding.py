"""How many instances there should be. Pure.

Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html and
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html. AWS does not say how it
computes a capacity from a metric; here it is the smallest one at which the metric, in proportion, keeps the target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

COOLDOWN: Final = 300
"""Seconds, when a policy does not say: AWS's own for variants of endpoints."""
SHARE_TO_GO: Final = 0.9
"""The part of its target below which a metric is low: AWS keeps the two alarms apart, so that capacity does not
swing."""
HIGH_MINUTES: Final = 3
LOW_MINUTES: Final = 15
"""Minutes in a row that the metric is above the target, or below that part of it, before something is done."""


@dataclass(frozen=True, kw_only=True)
class Last:
    """The last change that a policy made in one direction."""

    at: datetime
    before: int
    """How many there were."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    least: int
    most: int

    def clamp(self, wanted: int) -> int:
        return min(max(wanted, self.least), self.most)


def track(config: Mapping[str, Any], count: int, values: Sequence[float], *, high: bool) -> int:
    """The capacity at which the metric keeps its target. ``values`` are those of the alarm's periods: who scales out
    goes by their mean, who scales in by the largest of them, as AWS takes away more carefully than it adds."""
    if not values:
        return count
    value = sum(values) / len(values) if high else max(values)
    wanted = math.ceil(round(max(count, 1) * value / float(config["TargetValue"]), 6))
    return max(wanted, count + 1) if high else min(wanted, count)


def step(config: Mapping[str, Any], count: int, over: float) -> int:
    """The capacity after the step that fits. ``over`` is the metric less the alarm's threshold."""
    fitting = next((each for each in config.get("StepAdjustments", ()) if _fits(each, over)), None)
    if fitting is None:
        return count
    amount, kind = int(fitting["ScalingAdjustment"]), config.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return amount
    if kind == "ChangeInCapacity":
        return count + amount
    change = _away_from_zero(count * amount / 100)
    least = int(config.get("MinAdjustmentMagnitude") or 0)
    return count + (change if abs(change) >= least else int(math.copysign(least, amount)))


def is_cool(last: Last | None, seconds: float, now: datetime) -> bool:
    """Whether the time after a change is over."""
    return last is None or now >= last.at + timedelta(seconds=seconds)


def base(last: Last | None, seconds: float, now: datetime, count: int) -> int:
    """What a further step out starts from: before the time is over, what the last one added counts as part of it."""
    return count if last is None or is_cool(last, seconds, now) else min(last.before, count)


def _fits(each: Mapping[str, Any], over: float) -> bool:
    least, most = each.get("MetricIntervalLowerBound"), each.get("MetricIntervalUpperBound")
    return (least is None or over >= float(least)) and (most is None or over < float(most))


def _away_from_zero(change: float) -> int:
    """Between 0 and 1 it is 1, otherwise rounded towards zero: "How step scaling works" of AWS's guide."""
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return math.trunc(change)
