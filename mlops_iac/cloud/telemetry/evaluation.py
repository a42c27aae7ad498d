"""When an alarm is in which state. Pure.

Source: "Using Amazon CloudWatch alarms": evaluating an alarm, configuring how alarms treat missing data.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_COMPARE: Final = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
_PERCENTILE: Final = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What an alarm compares."""

    statistic: str
    """SampleCount, Average, Sum, Minimum, Maximum, or a percentile: ``p90``."""
    comparison: str
    threshold: float
    period: int
    """Seconds."""
    periods: int
    """Evaluation periods: how many are looked at."""
    to_alarm: int
    """How many of them must breach."""
    missing: str = "missing"
    """missing, ignore, breaching or notBreaching."""


@dataclass(frozen=True)
class Point:
    """One data point, or the summary of several."""

    at: float
    """Seconds since 1970."""
    sum: float
    count: float = 1
    least: float | None = None
    most: float | None = None


def find_refusal(rule: Rule) -> str:
    """Why a rule is not evaluated here; nothing when it is."""
    if rule.comparison not in _COMPARE:
        return f"the comparison {rule.comparison}"
    if rule.statistic not in _SIMPLE and not _PERCENTILE.fullmatch(rule.statistic):
        return f"the statistic {rule.statistic}"
    return ""


def evaluate(rule: Rule, points: Sequence[Point], now: float, state: State) -> tuple[State, str]:
    """The alarm's state now, and the reason in CloudWatch's words. ``state`` is what it was.

    Windows are aligned to the period, the last one holds ``now``: a breach is seen when it happens, where AWS waits
    until the window has ended. A window without data counts as ``missing`` says.
    """
    windows, values = _values(rule, points, now)
    compare, words = _COMPARE[rule.comparison]
    there = [value for value in values if value is not None]
    breaching = sum(bool(compare(value, rule.threshold)) for value in there)
    missing = len(values) - len(there)
    if not there and rule.missing == "missing":
        return "INSUFFICIENT_DATA", f"Insufficient Data: {missing} datapoints were unknown."
    if not there and rule.missing == "ignore":
        return state, ""
    counted = breaching + (missing if rule.missing == "breaching" else 0)
    shown = ", ".join(
        f"{value:.17g} ({_time(w * rule.period)})"
        for w, value in zip(windows, values, strict=True)
        if value is not None
    )
    what = f"{len(there)} datapoints [{shown}]" if len(there) != 1 else f"1 datapoint [{shown}]"
    if not there:
        verb = "were" if missing != 1 else "was"
        what = f"no datapoints were received for {missing} period{'s' * (missing != 1)} and {missing} missing {verb}"
        return ("ALARM" if counted >= rule.to_alarm else "OK"), f"Threshold Crossed: {what} treated as [{_word(rule)}]."
    crossed = counted >= rule.to_alarm
    verb = ("was" if len(there) == 1 else "were") + ("" if crossed else " not")
    reason = f"Threshold Crossed: {what} {verb} {words} the threshold ({rule.threshold:.17g})."
    return ("ALARM" if crossed else "OK"), reason


def values_of(rule: Rule, points: Sequence[Point], now: float) -> list[float]:
    """What `evaluate` compares: the values of the windows that have data, the newest last."""
    return [value for value in _values(rule, points, now)[1] if value is not None]


def _values(rule: Rule, points: Sequence[Point], now: float) -> tuple[range, list[float | None]]:
    last = math.floor(now / rule.period)
    windows = range(last - rule.periods + 1, last + 1)
    return windows, [
        compute(rule.statistic, [p for p in points if math.floor(p.at / rule.period) == w]) for w in windows
    ]


def compute(statistic: str, points: Sequence[Point]) -> float | None:
    """A statistic over data points; None without any."""
    if not points:
        return None
    if statistic in _SIMPLE:
        return _SIMPLE[statistic](points)
    found = _PERCENTILE.fullmatch(statistic)
    if found is None:
        return None
    return _percentile([point.sum / point.count for point in points], float(found[1]))


def _percentile(values: list[float], percent: float) -> float:
    """Between the two nearest values, linearly."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


_SIMPLE: Final = {
    "Average": lambda points: sum(p.sum for p in points) / sum(p.count for p in points),
    "Maximum": lambda points: max(p.sum / p.count if p.most is None else p.most for p in points),
    "Minimum": lambda points: min(p.sum / p.count if p.least is None else p.least for p in points),
    "SampleCount": lambda points: sum(p.count for p in points),
    "Sum": lambda points: sum(p.sum for p in points),
}


def _word(rule: Rule) -> str:
    return "Breaching" if rule.missing == "breaching" else "NonBreaching"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d/%m/%y %H:%M:%S}"
