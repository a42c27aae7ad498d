from __future__ import annotations

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
from mlops_iac.runs.run import Finding, Run, StepRun, Verdict
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


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = environments.Opened(make_environment(), None, tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.runs.open_environment", lambda *_, **__: opened)


def returning(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    monkeypatch.setattr(f"mlops_iac.runs.{name}", lambda *_, **__: value)


def test_the_history_has_one_line_per_run_with_metrics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "history.list_runs", (RUN,))
    assert run_command(["runs", "screening-dev"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["RUN", "PIPELINE", "STATUS", "TOOK", "METRICS"]
    assert line.split() == ["261121-081530-3fa2", "training", "succeeded", "41", "s", "auc", "0.9975", "rows", "143"]


def test_no_runs_is_no_error_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "history.list_runs", ())
    assert run_command(["runs", "screening-dev"]) == 0
    out, err = capsys.readouterr()
    assert (out, "mlops-iac run screening-dev" in err) == ("", True)


def test_one_run_is_shown_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "history.get_run", RUN)
    assert run_command(["runs", "screening-dev", RUN.id]) == 0
    out = capsys.readouterr().out
    for words in (
        "train        succeeded",
        "auc is 0.997484, the gate wants >= 0.97",
        "arn:package/1",
        "C=1.0",
        "41 s",
    ):
        assert words in out


def test_json_has_times_in_utc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "history.list_runs", (RUN,))
    assert run_command(["runs", "screening-dev", "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["started"], run["seconds"]) == ("2026-11-21T08:15:30Z", 41.0)
    assert "steps" not in run, "a list is read without them, and an empty list would say that there are none"
    assert RUN.to_json()["steps"][0]["seconds"] == 3.0


def test_stop_stops_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "stop.stop", RUN)
    assert run_command(["runs", "screening-dev", RUN.id, "--stop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == RUN.id


@pytest.mark.parametrize("option", ["--follow", "--stop"])
def test_options_about_one_run_need_one(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["runs", "screening-dev", option]) == 2
    assert "No run given" in capsys.readouterr().err


def test_an_unknown_run_ends_with_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: Any) -> Run:
        raise RunError("No such run.", "It is not there.")

    monkeypatch.setattr("mlops_iac.runs.history.get_run", refuse)
    assert run_command(["runs", "screening-dev", RUN.id]) == 1
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
