"""Cron expressions as EventBridge writes them: six fields, ``minutes hours day-of-month month day-of-week year``.

No library reads them as AWS does: days of the week count from 1 (SUN), the year is last and not optional, one of the
two day fields must be ``?``, and there are ``L``, ``W`` and ``#``.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

LAST_YEAR: Final = 2199
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS: Final = "minutes hours day-of-month month day-of-week year"

_PART: Final = re.compile(r"(?P<from>\*|\w+)(-(?P<to>\w+))?(/(?P<step>\d+))?")


@dataclass(frozen=True)
class Field:
    """One field: its name, its smallest and largest value, and words for values."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()

    def read(self, text: str) -> frozenset[int]:
        """The values that ``*``, ``1,2``, ``1-5`` and ``0/15`` stand for. Raises ValueError that says what is wrong."""
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def value(self, text: str) -> int:
        word = text.upper()
        if word in self.words:
            return self.words.index(word) + self.least
        if not text.isascii() or not text.isdigit() or not self.least <= int(text) <= self.most:
            words = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
            raise ValueError(f"`{text}` is no {self.name}; it may be {self.least} to {self.most}{words}")
        return int(text)

    def _part(self, text: str) -> range:
        found = _PART.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is no {self.name}")
        step = int(found["step"] or 1)
        if not 1 <= step <= self.most:
            raise ValueError(f"`{text}` steps by {step}; it may be 1 to {self.most}")
        if found["from"] == "*" and found["to"]:
            raise ValueError(f"`{text}` is no {self.name}")
        first = self.least if found["from"] == "*" else self.value(found["from"])
        if found["to"]:
            last = self.value(found["to"])
        else:
            last = self.most if found["from"] == "*" or found["step"] else first
        if last < first:
            raise ValueError(f"`{text}` runs backwards")
        return range(first, last + 1, step)


MINUTES: Final = Field("minute", 0, 59)
HOURS: Final = Field("hour", 0, 23)
DAYS_OF_MONTH: Final = Field("day of the month", 1, 31)
MONTH: Final = Field("month", 1, 12, MONTHS)
DAYS_OF_WEEK: Final = Field("day of the week", 1, 7, DAYS)
YEARS: Final = Field("year", 1970, LAST_YEAR)


@dataclass(frozen=True)
class Cron:
    """A cron expression, read."""

    times: tuple[time, ...]
    """Of a day, in order."""
    days_of_month: str
    days_of_week: str
    """One of the two is ``?``."""
    months: frozenset[int]
    years: frozenset[int]

    @classmethod
    def parse(cls, fields: str) -> Cron:
        """From what stands between the brackets of ``cron(…)``. Raises ValueError that says what is wrong."""
        given = fields.split()
        if len(given) != 6:
            raise ValueError(f"it has {len(given)} fields; it needs 6: {FIELDS}")
        minutes, hours, in_month, months, in_week, years = given
        if (in_month == "?") == (in_week == "?"):
            raise ValueError("exactly one of day-of-month and day-of-week must be `?`")
        _check_days(in_month, in_week)
        return cls(
            times=tuple(time(h, m) for h in sorted(HOURS.read(hours)) for m in sorted(MINUTES.read(minutes))),
            days_of_month=in_month.upper(),
            days_of_week=in_week.upper(),
            months=MONTH.read(months),
            years=YEARS.read(years),
        )

    def moments(self, first: date) -> Iterator[datetime]:
        """When it is due by the clock on the wall, in order, from a day on."""
        for day in self._days(first):
            for at in self.times:
                yield datetime.combine(day, at)

    def _days(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for day in sorted(self._days_in(year, month)):
                    if date(year, month, day) >= first:
                        yield date(year, month, day)

    def _days_in(self, year: int, month: int) -> set[int]:
        last = monthrange(year, month)[1]
        if self.days_of_month != "?":
            return _of_month(self.days_of_month, year, month, last)
        return _of_week(self.days_of_week, year, month, last)


def _check_days(in_month: str, in_week: str) -> None:
    month, week = in_month.upper(), in_week.upper()
    if month.endswith("W") and month != "W":
        DAYS_OF_MONTH.value(month.removesuffix("W"))
    elif month not in ("?", "L"):
        DAYS_OF_MONTH.read(in_month)
    if "#" in week:
        day, _, nth = week.partition("#")
        DAYS_OF_WEEK.value(day)
        if nth not in ("1", "2", "3", "4", "5"):
            raise ValueError(f"`{in_week}` asks for the day number {nth} of its kind in a month; it may be 1 to 5")
    elif week.endswith("L") and week != "L":
        DAYS_OF_WEEK.value(week.removesuffix("L"))
    elif week not in ("?", "L"):
        DAYS_OF_WEEK.read(in_week)


def _of_month(text: str, year: int, month: int, last: int) -> set[int]:
    if text == "L":
        return {last}
    if text.endswith("W"):
        day = int(text.removesuffix("W"))
        return {_nearest_weekday(year, month, day, last)} if day <= last else set()
    return {day for day in DAYS_OF_MONTH.read(text) if day <= last}


def _nearest_weekday(year: int, month: int, day: int, last: int) -> int:
    """Monday to Friday, and in the same month: the first is never taken back, the last never on."""
    weekday = date(year, month, day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < last else day - 2
    return day


def _of_week(text: str, year: int, month: int, last: int) -> set[int]:
    by_weekday: Mapping[int, list[int]] = {number: [] for number in range(1, 8)}
    start = date(year, month, 1)
    for offset in range(last):
        by_weekday[(start + timedelta(offset)).isoweekday() % 7 + 1].append(offset + 1)
    if text == "L":
        return set(by_weekday[7])
    if text.endswith("L"):
        return {by_weekday[DAYS_OF_WEEK.value(text.removesuffix("L"))][-1]}
    if "#" in text:
        day, _, nth = text.partition("#")
        return set(by_weekday[DAYS_OF_WEEK.value(day)][int(nth) - 1 : int(nth)])
    return {day for number in DAYS_OF_WEEK.read(text) for day in by_weekday[number]}
