"""Flags of preview, up, refresh and destroy reach the backend as one `Options`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.event import Op, Result, Step
from tests.cli.conftest import Install

URN = "urn:pulumi:recorded-dev::mlops-iac::aws:s3/bucket:Bucket::lake-bucket"
BUCKET = Step(op=Op.UPDATE, urn=URN, type="aws:s3/bucket:Bucket", name="lake-bucket")
CHANGED = Result(steps=(BUCKET,), changes={"update": 1}, outputs={}, seconds=1.0)
SAME = Result(steps=(), changes={"same": 1}, outputs={}, seconds=1.0)

EVERYTHING = ["--target", "a", "-t", "b", "--target-dependents", "--parallel", "3"]
CASES = {
    ("preview", "preview"): (
        [*EVERYTHING, "--replace", "c", "--refresh", "--save-plan", "plan.json"],
        Options(
            targets=("a", "b"), target_dependents=True, replaces=("c",), refresh=True, parallel=3,
            plan=Path("plan.json"),
        ),
    ),
    ("up", "up"): (
        ["--yes", *EVERYTHING, "--replace", "c", "--refresh", "--continue-on-error", "--message", "why"],
        Options(
            targets=("a", "b"), target_dependents=True, replaces=("c",), refresh=True, parallel=3,
            continue_on_error=True, message="why",
        ),
    ),
    ("destroy", "destroy"): (
        ["--yes", *EVERYTHING, "--refresh", "--continue-on-error", "-m", "why"],
        Options(
            targets=("a", "b"), target_dependents=True, refresh=True, parallel=3, continue_on_error=True, message="why",
        ),
    ),
    ("refresh", "refresh"): (
        ["--yes", *EVERYTHING],
        Options(targets=("a", "b"), target_dependents=True, parallel=3),
    ),
    ("drift", "refresh-preview"): (["--exclude", "a", "--exclude", "b"], Options(excludes=("a", "b"))),
}  # fmt: skip


@pytest.mark.parametrize(("command", "asked"), CASES, ids=lambda name: name)
def test_flags_reach_the_backend(command: str, asked: str, recording: Install) -> None:
    flags, expected = CASES[command, asked]
    backend = recording()
    assert run_command([command, "recorded-dev", *flags]) == exit_codes.OK
    assert backend.asked[-1] == asked
    assert backend.options[-1] == expected


@pytest.mark.parametrize(
    "command", [["preview"], ["up", "--yes"], ["destroy", "--yes"], ["refresh", "--yes"], ["drift"]]
)
def test_without_flags_nothing_is_asked_for(command: list[str], recording: Install) -> None:
    backend = recording()
    assert run_command([*command, "recorded-dev"]) == exit_codes.OK
    assert set(backend.options) == {DEFAULTS}


def test_a_plan_is_carried_out_by_up_and_not_written_over_by_its_preview(recording: Install) -> None:
    backend = recording(preview=SAME)
    assert run_command(["up", "recorded-dev", "--plan", "plan.json"]) == exit_codes.OK
    assert [options.plan for options in backend.options] == [None, Path("plan.json")]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--target", "a", "--exclude", "b"], "--target and --exclude were both given"),
        (["--target-dependents"], "without --target"),
        (["--parallel", "0"], "--parallel"),
    ],
)
def test_what_cannot_be_wanted_at_once_is_misuse(
    flags: list[str], words: str, recording: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = recording()
    assert run_command(["up", "recorded-dev", "--yes", *flags]) == exit_codes.CONFIGURATION
    assert words in capsys.readouterr().err
    assert backend.asked == []


def test_a_partial_destroy_keeps_the_stack_and_what_runs_made(
    recording: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = recording(destroy=CHANGED)
    assert run_command(["destroy", "recorded-dev", "--yes", "--target", "lake-bucket"]) == exit_codes.OK
    assert "remove" not in backend.asked
    assert "outputs" not in backend.asked
    assert "That part of recorded-dev is gone." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["preview", "up", "refresh"])
@pytest.mark.parametrize(("found", "code"), [(CHANGED, exit_codes.CHANGES), (SAME, exit_codes.OK)])
def test_expect_no_changes_ends_with_7_when_there_were_some(
    command: str, found: Result, code: int, recording: Install
) -> None:
    recording(preview=found, up=found, refresh=found)
    yes = [] if command == "preview" else ["--yes"]
    assert run_command([command, "recorded-dev", "--expect-no-changes", *yes]) == code
