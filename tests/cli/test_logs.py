from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.runs.follow import LogLine, RunEnded
from mlops_iac.runs.run import Run, StepRun
from tests.support.small_environment import make_environment

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RUN = Run(
    id="261121-081530-3fa2",
    pipeline="training",
    stack="screening-dev",
    handle="arn:x",
    status="succeeded",
    started=NOW,
    ended=NOW,
    steps=(
        StepRun(
            name="validate",
            kind="processing",
            status="succeeded",
            started=NOW,
            ended=NOW,
            job="j-validate",
            job_kind="processing",
        ),
        StepRun(
            name="train",
            kind="training",
            status="succeeded",
            started=NOW,
            ended=NOW,
            job="j-train",
            job_kind="training",
        ),
        StepRun(name="gate", kind="gate", status="succeeded", started=NOW, ended=NOW),
    ),
)


class Logs:
    """CloudWatch Logs with one stream per job."""

    embedded = True

    def __call__(self, service: str) -> Logs:
        return self

    def describe_log_streams(self, logStreamNamePrefix: str, **_: Any) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": f"{logStreamNamePrefix}algo-1"}]}

    def get_log_events(self, logStreamName: str, **request: Any) -> dict[str, Any]:
        lines = [] if "nextToken" in request else [f"hello from {logStreamName}", ""]
        events = [{"timestamp": 1000 + n, "message": line} for n, line in enumerate(lines)]
        return {"events": events, "nextForwardToken": "f/1"}


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = environments.Opened(make_environment(), Logs(), tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.logs.open_environment", lambda *_, **__: opened)
    monkeypatch.setattr("mlops_iac.runs.history.get_run", lambda *_: RUN)
    monkeypatch.setattr("mlops_iac.runs.history.list_runs", lambda *_, **__: (RUN,))


def test_one_step_is_shown_as_it_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["logs", "screening-dev", RUN.id, "train"]) == 0
    assert capsys.readouterr().out == "hello from j-train/algo-1\n\n"


def test_all_steps_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["logs", "screening-dev", "last"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[2]] == ["validate   hello from j-validate/algo-1", "train      hello from j-train/algo-1"]


def test_json_holds_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["logs", "screening-dev", RUN.id, "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["step"] for line in lines] == ["validate", "validate", "train", "train"]


def test_following_goes_on_to_the_end_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [LogLine("validate", NOW, "no"), LogLine("train", NOW, "yes"), RunEnded(RUN)]
    monkeypatch.setattr("mlops_iac.runs.follow.follow", lambda *_, **__: iter(changes))
    assert run_command(["logs", "screening-dev", RUN.id, "train", "--follow"]) == 0
    assert capsys.readouterr().out == "yes\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "did you mean `train`"),
        (["gate"], "is a gate step"),
        (["train", "--follow", "--json"], "exclude each other"),
    ],
)
def test_what_cannot_be_shown_is_wrong_use(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["logs", "screening-dev", RUN.id, *arguments]) == 2
    out, err = capsys.readouterr()
    assert words in out + err
