"""The plain log: whole lines, for pipes, files and CI."""

from __future__ import annotations

import io

import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Diagnostic, Op, StepDone
from mlops_iac.render.plain import PlainLog
from mlops_iac.render.progress import open_view
from tests.render.conftest import Story, component, resource


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def log(lines, clock) -> PlainLog:
    return PlainLog(lines.append, clock=clock)


@pytest.fixture
def told(log, clock) -> Story:
    return Story(log, clock)


def test_each_resource_that_changed_is_one_line(told, lines):
    bucket, same = resource("lake", "bucket"), resource("lake", "policy", Op.SAME)
    told.begin(component("lake"), bucket, same).end(bucket, same, after=1.25).end(component("lake"))
    assert lines == ["   + lake-bucket                                1.2 s  aws:s3/bucket:Bucket\n"]


def test_a_long_name_and_type_are_neither_cut_nor_wrapped(told, lines):
    bucket = resource("lake", "b" * 200, type="aws:s3/" + "x" * 200)
    told.begin(bucket).end(bucket)
    (line,) = lines
    assert "b" * 200 in line
    assert line.count("\n") == 1


def test_what_a_refresh_finds_first_is_not_told_as_if_it_were_done(log, lines):
    for op in (Op.DELETE, Op.UPDATE, Op.SAME):
        log(StepDone(step=resource("lake", "bucket", op), seconds=1.0, found=True))
    assert [line.split()[0] for line in lines] == ["·", "·"]
    assert [line.rstrip().rpartition("Bucket")[2] for line in lines] == [" is gone", " was changed"]


def test_a_failure_is_marked(told, lines):
    bucket = resource("lake", "bucket")
    told.begin(bucket).fail(bucket, CloudError("No."), after=1)
    assert lines[0].startswith("  !! lake-bucket")


def test_a_replacement_is_told_in_its_parts(told, lines):
    parts = [resource("lake", "bucket", op) for op in (Op.CREATE_REPLACEMENT, Op.REPLACE, Op.DELETE_REPLACED)]
    for part in parts:
        told.begin(part).end(part)
    assert [line.split()[0] for line in lines] == ["++", "--"]


def test_what_takes_long_is_told_after_10_30_60_seconds_and_then_each_minute(told, log, lines, clock):
    told.begin(resource("endpoint", "endpoint"))
    for _ in range(200):
        clock.now += 1
        log.remind()
    assert [int(line.split()[2]) for line in lines] == [10, 30, 60, 120, 180]
    assert "still creating aws:s3/bucket:Bucket" in lines[0]


def test_a_message_of_several_lines_stays_together(log, lines):
    log(Diagnostic(severity="warning", message="Look here.\nAnd there.\n"))
    log(Diagnostic(severity="debug", message="Nobody reads this."))
    assert lines == ["  warning: Look here.\n    And there.\n"]


def test_a_view_on_something_that_is_no_terminal_has_no_control_codes(clock):
    stream = io.StringIO()
    with open_view(stream, live=False, color=False) as view:
        bucket = resource("lake", "bucket")
        Story(view, clock).begin(bucket).end(bucket)
    assert "\033" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
    assert "lake-bucket" in stream.getvalue()
