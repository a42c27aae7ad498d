"""The real CLI on a real terminal: what its screen shows while it goes, after Ctrl-C, and where nothing may move."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cli.console import is_live
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.support.terminal import Session, run_on_terminal

CLI = [sys.executable, "-m", "mlops_iac.cli.main"]
STACK = "screening-dev"
AGAIN = ("--target", "lake-lifecycle", "--replace", "lake-lifecycle")
"""A small change that can be made again and again."""
MOVES = re.compile(r"\x1b\[\??\d*[A-HJKhl]|\r(?!\n)")
"""What moves the cursor back, hides it, or deletes."""
SPINNING = re.compile(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] \S")


def cli(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, *arguments], cwd=folder, capture_output=True, text=True, env={**os.environ, **environment},
        stdin=subprocess.DEVNULL, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose cloud runs already, so that what is timed here is the view and not the start of a cloud."""
    folder = make_project(tmp_path_factory.mktemp("terminal") / "project")
    assert cli(folder, "cloud", "start").returncode == 0
    yield folder
    cli(folder, "cloud", "stop")


@pytest.fixture(scope="module")
def cancelled(folder: Path) -> Session:
    """An `up` in whose middle Ctrl-C was pressed."""
    return run_on_terminal([*CLI, "up", STACK, "--yes"], cwd=folder, columns=80, rows=24, interrupt_at=" running")


@pytest.fixture(scope="module")
def finished(folder: Path, cancelled: Session) -> Session:
    """The `up` that goes on after it, on a small terminal."""
    return run_on_terminal([*CLI, "up", STACK, "--yes"], cwd=folder, columns=40, rows=12)


def test_ctrl_c_ends_with_its_own_code_says_what_is_true_and_leaves_a_clean_terminal(cancelled):
    assert cancelled.code == exit_codes.CANCELLED, cancelled.screen.text
    said = " ".join(cancelled.raw.split())
    assert "Stopping: what is in flight is finished and recorded." in said
    assert "the next `up` goes on from here." in said
    assert "Traceback" not in said
    assert cancelled.screen.cursor_is_shown
    assert cancelled.raw.endswith("\n")
    assert not SPINNING.search("\n".join(cancelled.screen.shown)), "a moving part was left behind"


def test_an_up_that_goes_on_ends_well_with_a_line_for_each_layer(finished):
    assert finished.code == exit_codes.OK, finished.screen.text
    for layer in ("training", "monitoring"):
        ticks = re.findall(rf"✓ {layer} ", finished.screen.text)
        assert len(ticks) == 1, finished.screen.text
    assert finished.screen.cursor_is_shown


@pytest.mark.parametrize("width", ["cancelled", "finished"])
def test_no_frame_is_wider_than_the_terminal_or_scrolls_it(width, request):
    session = request.getfixturevalue(width)
    moving = [frame for frame in session.frames if any(SPINNING.search(line) for line in frame)]
    assert moving, "the view never moved"
    assert session.screen.lost == 0, "the view grew beyond the screen"
    for frame in moving:
        assert all(len(line) <= session.screen.columns for line in frame)
        assert len(frame) <= session.screen.rows


def test_a_frame_shows_what_runs_with_its_time_and_counts_below(finished):
    frames = ["\n".join(frame) for frame in finished.frames]
    assert any(re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] [\w-]+… *\d+\.\d s|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] [\w-]+ +\d+\.\d s", f) for f in frames)
    assert any(re.search(r"\n  \d+\.\d s  \d+ running, \d+ created", frame) for frame in frames)


def test_a_preview_on_a_terminal_is_coloured_and_with_no_color_is_not(folder, finished):
    coloured = run_on_terminal([*CLI, "preview", STACK], cwd=folder)
    plain = run_on_terminal([*CLI, "preview", STACK], cwd=folder, environment={"NO_COLOR": "1"})
    assert coloured.code == plain.code == exit_codes.OK
    assert coloured.screen.coloured
    assert not plain.screen.coloured
    assert coloured.screen.text == plain.screen.text


def test_with_plain_nothing_moves_on_a_terminal(folder, finished):
    session = run_on_terminal([*CLI, "up", STACK, "--yes", *AGAIN, "--plain"], cwd=folder, columns=40)
    assert session.code == exit_codes.OK, session.screen.text
    assert not MOVES.search(session.raw)
    assert "++ lake-lifecycle" in session.screen.text


def test_what_is_piped_has_no_control_codes_and_is_not_cut_to_a_width(folder, finished):
    done = cli(folder, "up", STACK, "--yes", *AGAIN, COLUMNS="20")
    assert done.returncode == exit_codes.OK, done.stderr
    assert "\033" not in done.stdout + done.stderr
    assert "  ++ lake-lifecycle" in done.stderr
    assert "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration\n" in done.stderr


@pytest.mark.parametrize(
    ("terminal", "environment", "moves"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, True),
        (True, {"CI": "true"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_a_view_moves_only_on_a_terminal_that_can_with_a_person_before_it(terminal, environment, moves, monkeypatch):
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    assert is_live(stream) is moves


def test_with_json_stdout_is_one_object_and_stderr_is_empty(folder, finished):
    import json

    done = cli(folder, "up", STACK, "--yes", "--json", "--event-log", "events.jsonl", FORCE_COLOR="1")
    assert done.returncode == exit_codes.OK
    assert json.loads(done.stdout)["result"] == "succeeded"
    assert done.stderr == ""
    log = folder / "events.jsonl"
    assert log.stat().st_mode & 0o777 == 0o600
    assert {"preludeEvent", "summaryEvent", "cancelEvent"} <= {
        key for line in log.read_text().splitlines() for key in json.loads(line)
    }
