"""When schedules are due. The cases follow EventBridge Scheduler's user guide, "Schedule types"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from mlops_iac.core.schedules import Schedule, find_zone, parse_rule

START = datetime(2026, 1, 30, 12, 0, tzinfo=UTC)


def due(expression: str, zone: str = "UTC", after: datetime = START, count: int = 3) -> list[str]:
    found = find_zone(zone)
    assert found is not None
    return [f"{moment:%y-%m-%d %H:%M}" for moment in islice(Schedule.parse(expression).due(after, found), count)]


@pytest.mark.parametrize(
    ("expression", "moments"),
    [
        ("rate(30 minutes)", ["26-01-30 12:30", "26-01-30 13:00", "26-01-30 13:30"]),
        ("rate(1 day)", ["26-01-31 12:00", "26-02-01 12:00", "26-02-02 12:00"]),
        ("at(2026-12-01T06:00:00)", ["26-12-01 06:00"]),
        ("at(2025-12-01T06:00:00)", []),
        ("cron(0 6 * * ? *)", ["26-01-31 06:00", "26-02-01 06:00", "26-02-02 06:00"]),
        ("cron(0/20 8-9 ? * * *)", ["26-01-31 08:00", "26-01-31 08:20", "26-01-31 08:40"]),
        ("cron(15 10 ? * MON-FRI *)", ["26-02-02 10:15", "26-02-03 10:15", "26-02-04 10:15"]),
        ("cron(15 10 ? * 2,6 *)", ["26-02-02 10:15", "26-02-06 10:15", "26-02-09 10:15"]),
        ("cron(0 8 1 * ? *)", ["26-02-01 08:00", "26-03-01 08:00", "26-04-01 08:00"]),
        ("cron(0 8 L * ? *)", ["26-01-31 08:00", "26-02-28 08:00", "26-03-31 08:00"]),
        ("cron(0 8 31 * ? *)", ["26-01-31 08:00", "26-03-31 08:00", "26-05-31 08:00"]),
        ("cron(0 8 1W * ? *)", ["26-02-02 08:00", "26-03-02 08:00", "26-04-01 08:00"]),
        ("cron(0 8 15W * ? *)", ["26-02-16 08:00", "26-03-16 08:00", "26-04-15 08:00"]),
        ("cron(0 8 31W * ? *)", ["26-03-31 08:00", "26-05-29 08:00", "26-07-31 08:00"]),
        ("cron(0 8 ? * 6L *)", ["26-02-27 08:00", "26-03-27 08:00", "26-04-24 08:00"]),
        ("cron(0 8 ? * L *)", ["26-01-31 08:00", "26-02-07 08:00", "26-02-14 08:00"]),
        ("cron(0 8 ? * TUE#2 *)", ["26-02-10 08:00", "26-03-10 08:00", "26-04-14 08:00"]),
        ("cron(0 8 ? * 2#5 *)", ["26-03-30 08:00", "26-06-29 08:00", "26-08-31 08:00"]),
        ("cron(0 12 29 FEB ? *)", ["28-02-29 12:00", "32-02-29 12:00", "36-02-29 12:00"]),
        ("cron(0 12 1 1 ? 2027-2028)", ["27-01-01 12:00", "28-01-01 12:00"]),
        ("cron(0 12 1/14 mar ? 2026)", ["26-03-01 12:00", "26-03-15 12:00", "26-03-29 12:00"]),
        ("cron(0 0 30 2 ? *)", []),
    ],
)
def test_a_schedule_is_due(expression: str, moments: list[str]) -> None:
    assert due(expression) == moments


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("daily", "another form"),
        ("cron(0 6 * * ?)", "5 fields"),
        ("cron(0 6 * * * *)", "must be `?`"),
        ("cron(0 6 ? * ? *)", "must be `?`"),
        ("cron(60 6 * * ? *)", "`60` is no minute"),
        ("cron(0 24 * * ? *)", "`24` is no hour"),
        ("cron(0 6 0 * ? *)", "`0` is no day of the month"),
        ("cron(0 6 ? * 0 *)", "1 to 7 or SUN to SAT"),
        ("cron(0 6 ? * FRI-MON *)", "backwards"),
        ("cron(0 6 ? * 3#6 *)", "1 to 5"),
        ("cron(0 6 ? * 3#1,6#3 *)", "1 to 5"),
        ("cron(0 6 32W * ? *)", "no day of the month"),
        ("cron(0 6 * JANUARY ? *)", "`JANUARY` is no month"),
        ("cron(0 6 * * ? 1969)", "no year"),
        ("cron(*/0 6 * * ? *)", "steps by 0"),
        ("cron(- 6 * * ? *)", "no minute"),
        ("cron(² 6 * * ? *)", "no minute"),
        ("rate(0 days)", "one minute"),
        ("rate(1.5 days)", "another form"),
        ("rate(1 week)", "another form"),
        ("at(2026-13-01T06:00:00)", "month"),
        ("at(2026-12-01)", "another form"),
    ],
)
def test_what_is_no_schedule_says_why(expression: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Schedule.parse(expression)
    assert why in str(caught.value)


def test_it_goes_by_the_clock_on_the_wall_of_its_zone() -> None:
    assert due("cron(0 6 * * ? *)", "Asia/Kolkata", count=1) == ["26-01-31 00:30"]
    assert due("at(2026-07-01T06:00:00)", "America/New_York") == ["26-07-01 10:00"]


def test_an_hour_that_spring_leaves_out_is_skipped() -> None:
    before = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert due("cron(30 2 * * ? *)", "Europe/Berlin", before) == ["26-03-28 01:30", "26-03-30 00:30", "26-03-31 00:30"]


def test_an_hour_that_comes_twice_in_autumn_counts_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert due("cron(30 2 * * ? *)", "Europe/Berlin", before) == ["26-10-25 00:30", "26-10-26 01:30", "26-10-27 01:30"]


def test_a_day_of_a_rate_is_24_hours_whatever_the_zone() -> None:
    zone, before = find_zone("Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert next(Schedule.parse("rate(1 day)").due(before, zone or UTC)) == before + timedelta(hours=24)


def test_a_rate_counts_from_its_start() -> None:
    since = START - timedelta(minutes=50)
    assert next(Schedule.parse("rate(20 minutes)").due(START, UTC, since)) == START + timedelta(minutes=10)
    later = START + timedelta(hours=1)
    assert next(Schedule.parse("rate(20 minutes)").due(START, UTC, later)) == later


def test_a_rule_takes_no_moment_and_minds_the_plural() -> None:
    assert parse_rule("rate(1 day)").every
    assert parse_rule("rate(2 days)").every
    for wrong in ("rate(1 days)", "rate(2 day)", "at(2026-12-01T06:00:00)"):
        with pytest.raises(ValueError, match="`rate"):
            parse_rule(wrong)


def test_a_zone_that_nobody_knows_is_none() -> None:
    for name in ("Europe/Berlinn", "", "../etc/passwd", "/etc/localtime", "Europe"):
        assert find_zone(name) is None, name
