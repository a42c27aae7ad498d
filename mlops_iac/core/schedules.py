"""When something is due: the schedule expressions of EventBridge, and the moments that they stand for.

EventBridge Scheduler takes ``rate(1 day)``, ``cron(0 6 * * ? *)`` and ``at(2026-12-01T06:00:00)``, the last two in a
time zone; a rule of EventBridge takes the first two, in UTC.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlops_iac.core.cron import Cron

FORMS: Final = "`rate(1 day)`, `cron(0 6 * * ? *)` or `at(2026-12-01T06:00:00)`"

_RATE: Final = re.compile(r"rate\((\d{1,9}) (minute|hour|day)(s?)\)")
_CRON: Final = re.compile(r"cron\((.*)\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


@dataclass(frozen=True)
class Schedule:
    """One expression, read: one of ``every``, ``cron`` and ``once``."""

    every: timedelta | None = None
    cron: Cron | None = None
    once: datetime | None = None
    """By the clock on the wall."""

    @classmethod
    def parse(cls, expression: str) -> Schedule:
        """Raises ValueError that says what is wrong with it."""
        if found := _RATE.fullmatch(expression):
            if int(found[1]) == 0:
                raise ValueError("a rate is one minute or longer")
            return cls(every=timedelta(**{f"{found[2]}s": int(found[1])}))
        if found := _CRON.fullmatch(expression):
            return cls(cron=Cron.parse(found[1]))
        if found := _AT.fullmatch(expression):
            return cls(once=datetime.fromisoformat(found[1]))
        raise ValueError("it has another form")

    def due(self, after: datetime, zone: tzinfo = UTC, since: datetime | None = None) -> Iterator[datetime]:
        """The moments after one, in order, in UTC. A rate counts from ``since``, which is a moment itself.

        An hour that a zone leaves out in spring is skipped, and one that comes twice in autumn counts once: the rules
        of EventBridge Scheduler for daylight saving time.
        """
        for moment in self._moments(after, zone, since or after):
            if moment > after:
                yield moment

    def _moments(self, after: datetime, zone: tzinfo, since: datetime) -> Iterator[datetime]:
        if self.every:
            count = max((after - since) // self.every, 0)
            while True:
                yield since + count * self.every
                count += 1
        if self.once:
            yield self.once.replace(tzinfo=zone).astimezone(UTC)
        if self.cron:
            for wall in self.cron.moments(after.astimezone(zone).date()):
                moment = wall.replace(tzinfo=zone).astimezone(UTC)
                if moment.astimezone(zone).replace(tzinfo=None) == wall:
                    yield moment


def parse_rule(expression: str) -> Schedule:
    """The schedule of a rule of EventBridge: no ``at``, and ``1 day`` but ``2 days``. Raises ValueError."""
    schedule = Schedule.parse(expression)
    if schedule.once:
        raise ValueError("a rule takes `rate(1 day)` or `cron(0 6 * * ? *)`")
    found = _RATE.fullmatch(expression)
    if found and (int(found[1]) == 1) == bool(found[3]):
        raise ValueError(f"it must be `rate({found[1]} {found[2]}{'' if found[3] else 's'})`")
    return schedule


def find_zone(name: str) -> tzinfo | None:
    """A time zone by its IANA name (``Europe/Berlin``); None when there is none of this name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
