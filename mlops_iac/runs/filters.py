"""Which runs are wanted, and in which order, as a person says it on the command line."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.run import Run, RunStatus

COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}

_CONDITION: Final = re.compile(r"\s*([^<>=]+?)\s*(>=|<=|>|<|==?)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*")
_AGO: Final = re.compile(r"(\d{1,4})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Condition:
    """``auc>=0.9``. A run without the metric does not meet it."""

    metric: str
    sign: str
    bound: float

    def holds(self, run: Run) -> bool:
        value = run.metrics.get(self.metric)
        return value is not None and COMPARE[self.sign](value, self.bound)

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Raises UsageError."""
        found = _CONDITION.fullmatch(text)
        if found is None:
            detail = f"`{text}` is no condition: a metric, one of {' '.join(COMPARE)}, and a number."
            raise UsageError("Not a condition.", detail, hint="write it in quotes: --metric 'auc>=0.9'")
        return cls(found[1], found[2].replace("==", "="), float(found[3]))


@dataclass(frozen=True, kw_only=True)
class Filter:
    statuses: tuple[RunStatus, ...] = ()
    """None named: any."""
    since: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    sort: str | None = None
    """A metric. Left out: newest first."""
    ascending: bool = False
    """With ``sort``: the lowest first, as for an error."""

    def matches(self, run: Run) -> bool:
        status = not self.statuses or run.status in self.statuses
        return status and all(one.holds(run) for one in self.conditions)

    def arrange(self, runs: Sequence[Run]) -> list[Run]:
        """In the wanted order; runs without the metric stand last, as they came."""
        if self.sort is None:
            return list(runs)
        metric = self.sort
        there = [run for run in runs if metric in run.metrics]
        there.sort(key=lambda run: run.metrics[metric], reverse=not self.ascending)
        return [*there, *(run for run in runs if metric not in run.metrics)]


def parse_status(text: str) -> RunStatus:
    """Raises UsageError with the statuses there are."""
    for status in get_args(RunStatus):
        if status == text:
            found: RunStatus = status
            return found
    allowed = get_args(RunStatus)
    detail = f"`{text}` is none of: {', '.join(allowed)}."
    raise UsageError("No such status.", detail, hint=did_you_mean(text, allowed))


def parse_since(text: str, now: datetime | None = None) -> datetime:
    """``90m``, ``24h``, ``7d``, ``2w``, or a day such as ``2026-11-21`` in this machine's time. Raises UsageError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        detail = f"`{text}` is neither a time ago (90m, 24h, 7d, 2w) nor a day (2026-11-21)."
        raise UsageError("Not a time.", detail, hint="--since 7d") from None
