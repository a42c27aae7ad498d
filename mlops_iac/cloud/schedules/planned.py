"""Something that fires by the clock, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import takewhile

from mlops_iac.core.schedules import Schedule

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A schedule or a rule that is enabled."""

    arn: str
    schedule: Schedule
    since: datetime
    """Nothing is due before; a rate counts from here."""
    zone: tzinfo = UTC
    until: datetime | None = None
    fire: Callable[[datetime], None]
    """Deliver to its targets, and come back when they have it; given the moment that was due."""

    def due(self, after: datetime) -> Iterator[datetime]:
        """The moments after one, in order."""
        found = self.schedule.due(max(after, self.since - _MOMENT), self.zone, self.since)
        return takewhile(lambda moment: self.until is None or moment <= self.until, found)

    def next_after(self, moment: datetime) -> datetime | None:
        return next(self.due(moment), None)

    def last_between(self, after: datetime, until: datetime) -> datetime | None:
        """The newest moment that is due by then: what was missed meanwhile fires once."""
        last = None
        for last in takewhile(lambda moment: moment <= until, self.due(after)):  # noqa: B007
            pass
        return last


def first_of(planned: Iterable[Planned], after: datetime) -> datetime | None:
    """When the next of them is due."""
    moments = [moment for each in planned if (moment := each.next_after(after))]
    return min(moments, default=None)
