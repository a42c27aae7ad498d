from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.cli.run_view import render_seconds
from mlops_iac.core.errors import RunError
from mlops_iac.runs.causes import headline
from mlops_iac.runs.compare import Comparison, Line
from mlops_iac.runs.details import Details
from mlops_iac.runs.git import GitState
from mlops_iac.runs.record import RunRecord
from mlops_iac.runs.run import Finding, Run, StepRun, Verdict
from mlops_iac.runs.serving import Behind
from tests.support.small_environment import make_environment

START = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
RUN = Run(
    id="261121-081530-3fa2",
    pipeline="training",
    stack="screening-dev",
    handle="arn:x",
    status="succeeded",
    started=START,
    ended=START + timedelta(seconds=41),
    code="0123456789abcdef",
    parameters={"hyperparameters": {"C": "1.0"}},
    steps=(
        StepRun(name="train", kind="training", status="succeeded", started=START, ended=START + timedelta(seconds=3)),
    ),
    metrics={"auc": 0.997484, "rows": 143.0},
    gate=Verdict(passed=True, conditions=(Finding(metric="auc", value=0.997484, bound=">= 0.97", passed=True),)),
    model_package_arn="arn:package/1",
)


RECORD = RunRecord(
    started_by="anna@laptop",
    framework="sklearn 1.4-2",
    platform="linux-x86_64 Python 3.10",
    packages=("numpy==1.24.1",),
    git=GitState("0123456789abcdef0123456789abcdef01234567", "main", True, ("train.py", "a.py", "b.py", "c.py")),
    data={
        "data": {"prefix": "raw/", "objects": 10000, "bytes": 2**20, "digest": "9f86d081884c7d65", "complete": False}
    },
)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = environments.Opened(make_environment(), None, tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.runs.open_environment", lambda *_, **__: opened)
    monkeypatch.setattr("mlops_iac.runs.serving.runs_behind", lambda *_: {RUN.id: SERVES})


SERVES = Behind(serves=("screening-dev-endpoint",))


def returning(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    monkeypatch.setattr(f"mlops_iac.runs.{name}", lambda *_, **__: value)


def test_the_history_has_one_line_per_run_with_metrics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "history.list_runs", (RUN,))
    assert run_command(["runs", "screening-dev"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["RUN", "PIPELINE", "STATUS", "TOOK", "METRICS"]
    assert line.split() == [
        "261121-081530-3fa2",
        "training",
        "succeeded",
        "41",
        "s",
        "auc",
        "0.9975",
        "rows",
        "143",
        "serves",
    ]


def test_no_runs_is_no_error_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "history.list_runs", ())
    assert run_command(["runs", "screening-dev"]) == 0
    out, err = capsys.readouterr()
    assert (out, "mlops-iac run screening-dev" in err) == ("", True)


def test_one_run_is_shown_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(
        monkeypatch,
        "details.get_details",
        Details(run=RUN, record=RECORD, behind=SERVES),
    )
    assert run_command(["runs", "screening-dev", RUN.id]) == 0
    out = capsys.readouterr().out
    assert run_command(["runs", "show", "screening-dev", RUN.id]) == 0
    assert capsys.readouterr().out == out
    for words in (
        "serves          screening-dev-endpoint",
        "started by      anna@laptop",
        "commit          0123456789ab on main, changed: train.py, a.py, b.py and 1 more",
        "objects         more than 10,000 objects, 1.0 MiB, version 9f86d081884c7d65",
        "packages        1 of sklearn 1.4-2, linux-x86_64 Python 3.10",
        "train        succeeded",
        "auc is 0.997484, the gate wants >= 0.97",
        "arn:package/1",
        "C=1.0",
        "41 s",
    ):
        assert words in out


def test_names_of_any_length_stand_in_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = dataclasses.replace(RUN.steps[0], name="a-name-of-sixteen")
    run = dataclasses.replace(RUN, pipeline="refresh-of-all-features", steps=(*RUN.steps, long))
    returning(monkeypatch, "history.list_runs", (run, RUN))
    assert run_command(["runs", "screening-dev"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.index(word) for line, word in zip(lines, ("STATUS", "succeeded", "succeeded"), strict=True)} == {45}
    returning(monkeypatch, "details.get_details", Details(run=run, record=None))
    assert run_command(["runs", "show", "screening-dev", run.id]) == 0
    told = [line.index("succeeded") for line in capsys.readouterr().out.splitlines() if "training" in line[20:]]
    assert told == [len(long.name) + 3] * 2


def test_a_run_that_goes_on_is_as_old_as_its_cloud_says() -> None:
    """The clock of the embedded cloud may be weeks ahead of this machine's."""
    later = START + timedelta(days=400)
    step = StepRun(name="train", kind="training", status="running", started=later, asked=later + timedelta(seconds=5))
    run = dataclasses.replace(RUN, status="running", started=later, ended=None, asked=step.asked, steps=(step,))
    assert (run.seconds, step.seconds) == (5.0, 5.0)
    assert "asked" not in {*run.to_json(), *run.to_json()["steps"][0]}


def test_json_has_times_in_utc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "history.list_runs", (RUN,))
    assert run_command(["runs", "screening-dev", "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["started"], run["seconds"]) == ("2026-11-21T08:15:30Z", 41.0)
    assert "steps" not in run, "a list is read without them, and an empty list would say that there are none"
    assert RUN.to_json()["steps"][0]["seconds"] == 3.0


@pytest.mark.parametrize(
    ("git", "words"),
    [
        (None, "none: the code is in no git repository"),
        (GitState("0" * 40, None, False), "000000000000\n"),
        (GitState("0" * 40, "main", None), "000000000000 on main, perhaps changed: there was no git to ask"),
    ],
)
def test_the_commit_is_told_as_far_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], git: GitState | None, words: str
) -> None:
    found = Details(run=RUN, record=dataclasses.replace(RECORD, git=git))
    returning(monkeypatch, "details.get_details", found)
    assert run_command(["runs", "show", "screening-dev", "last"]) == 0
    assert f"commit          {words}" in capsys.readouterr().out


def test_a_run_without_a_record_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "details.get_details", Details(run=RUN, record=None))
    assert run_command(["runs", "show", "screening-dev", "last", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["record"], found["serves"], found["steps"][0]["name"]) == (None, [], "train")
    assert run_command(["runs", "show", "screening-dev", "last"]) == 0
    assert "something else than `mlops-iac run` started it" in capsys.readouterr().out


def comparison(*lines: Line, unknown: tuple[str, ...] = ()) -> Comparison:
    other = dataclasses.replace(RUN, id="261122-081530-3fa2")
    return Comparison(Details(run=RUN, record=None), Details(run=other, record=None), lines, unknown)


def test_only_differences_are_shown_unless_all_are_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (
        Line("parameters", "C", "1", "1"),
        Line("metrics", "auc", 0.9, 0.95),
        Line("data", "raw/\x1b[2J", None, "x"),
    )
    returning(monkeypatch, "compare.compare", comparison(*lines, unknown=("Something is not known.",)))
    assert run_command(["runs", "compare", "screening-dev", RUN.id, "last"]) == 0
    out = capsys.readouterr().out
    assert "\nC " not in out
    assert "auc      0.9                 0.95                +0.05" in out
    assert "raw/\\x1b[2J" in out, "a foreign name steers no terminal"
    assert out.endswith("Something is not known.\n")
    assert run_command(["runs", "compare", "screening-dev", RUN.id, "last", "--all"]) == 0
    assert "\nC " in capsys.readouterr().out


def test_long_lists_are_cut_and_equal_runs_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "compare.compare", comparison(*(Line("data", f"raw/{n:02}", "1", "2") for n in range(25))))
    assert run_command(["runs", "compare", "screening-dev", RUN.id, "last"]) == 0
    out = capsys.readouterr().out
    assert ("raw/19" in out, "raw/20" in out, "and 5 more: --all shows them" in out) == (True, False, True)
    returning(monkeypatch, "compare.compare", comparison())
    assert run_command(["runs", "compare", "screening-dev", RUN.id, "last"]) == 0
    assert capsys.readouterr().out == "Nothing differs between 261121-081530-3fa2 and 261122-081530-3fa2.\n"


def test_the_word_list_may_be_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "history.list_runs", (RUN,))
    told = []
    for words in (
        ["screening-dev"],
        ["list", "screening-dev"],
        ["ls", "screening-dev"],
        ["--limit", "1", "screening-dev"],
    ):
        assert run_command(["runs", *words]) == 0
        told.append(capsys.readouterr().out)
    assert len(set(told)) == 1
    assert run_command(["runs", "shw"]) == 2
    assert "did you mean `mlops-iac runs show`?" in capsys.readouterr().err


def test_stop_stops_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "stop.stop", (RUN, True))
    assert run_command(["runs", "screening-dev", RUN.id, "--stop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == RUN.id
    assert run_command(["runs", "stop", "screening-dev", RUN.id]) == 0
    assert "It was over before" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--follow", "--stop"])
def test_options_about_one_run_need_one(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runs", "screening-dev", option]) == 2
    assert "No run given" in capsys.readouterr().err


def test_an_unknown_run_ends_with_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: Any) -> Run:
        raise RunError("No such run.", "It is not there.")

    monkeypatch.setattr("mlops_iac.runs.history.get_run", refuse)
    monkeypatch.setattr("mlops_iac.runs.details.get_run", refuse)
    for words in (["show"], ["watch"]):
        assert run_command(["runs", *words, "screening-dev", RUN.id]) == 1
        assert "No such run." in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "text"), [(4.25, "4.2 s"), (41, "41 s"), (125, "2 min 5 s"), (7800, "2 h 10 min")])
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert render_seconds(seconds) == text


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("", ""),
        ("No S3 objects found", "No S3 objects found"),
        (
            "AlgorithmError: ExecuteUserScriptError:\n"
            'ExitCode 1\nErrorMessage "KeyError: 7"\nCommand "x", exit code: 1',
            "KeyError: 7",
        ),
    ],
)
def test_the_headline_of_a_reason_is_what_the_script_raised(reason: str, line: str) -> None:
    assert headline(reason) == line
