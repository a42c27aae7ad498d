from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.follow import Looked, RunEnded, StepChanged
from mlops_iac.runs.run import Finding, Run, StepRun, Verdict
from tests.support.small_environment import KINDS, make_environment

Play = Callable[[Run], None]


def make_run(status: str = "succeeded", **fields: Any) -> Run:
    steps = tuple(
        StepRun(name=name, kind=kind, status="succeeded", started=datetime.now(UTC), ended=datetime.now(UTC))
        for name, kind in KINDS.items()
    )
    values: dict[str, Any] = {
        "id": "261121-081530-3fa2",
        "pipeline": "training",
        "stack": "screening-dev",
        "handle": "arn:x",
        "status": status,
        "started": datetime.now(UTC),
        "ended": None if status == "running" else datetime.now(UTC),
        "code": "0123456789abcdef",
        "steps": steps,
        "metrics": {"auc": 0.9975},
    }
    return Run(**{**values, **fields})


def refused() -> Run:
    verdict = Verdict(passed=False, conditions=(Finding(metric="auc", value=0.8, bound=">= 0.97", passed=False),))
    steps = (StepRun(name="gate", kind="gate", status="refused", started=datetime.now(UTC), reason=str(verdict)),)
    return make_run("refused", gate=verdict, error=str(verdict), steps=steps)


class Endpoint:
    """SageMaker, as far as `refused` asks it."""

    embedded = True

    def __call__(self, service: str) -> Endpoint:
        return self

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        return {"EndpointStatus": "InService", "EndpointConfigName": "screening-dev-261120-010203-abcd-deploy"}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, str]:
        return {}


@pytest.fixture
def environment() -> Environment:
    return make_environment()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, environment: Environment, tmp_path: Path) -> Play:
    """Runs that end as the test says, without a cloud; what was started is in ``play.given``."""
    opened = environments.Opened(environment, Endpoint(), tmp_path)  # type: ignore[arg-type]

    def prepare(ended: Run) -> None:
        def start(*arguments: Any, **_: Any) -> Run:
            prepare.given = arguments[-1]  # type: ignore[attr-defined]
            return dataclasses.replace(ended, status="running", ended=None)

        def follow(*_: Any, **__: Any) -> Iterator[Any]:
            yield StepChanged(dataclasses.replace(ended.steps[0], status="running", ended=None), ended)
            yield Looked(ended)
            yield from (StepChanged(step, ended) for step in ended.steps)
            yield RunEnded(ended)

        monkeypatch.setattr("mlops_iac.runs.start.start", start)
        monkeypatch.setattr("mlops_iac.runs.follow.follow", follow)

    monkeypatch.setattr("mlops_iac.cli.run.open_environment", lambda *_, **__: opened)
    monkeypatch.setattr("mlops_iac.cli.run.write_down", lambda *_, **__: None)
    return prepare


def test_following_a_good_run_shows_its_steps_and_metrics(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(make_run())
    assert run_command(["run", "screening-dev", "training", "--follow"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in err.splitlines()[2:]] == [[name, "succeeded"] for name in KINDS]
    assert "auc 0.9975" in out
    assert [sum(line.split()[:1] == [name] for line in (out + err).splitlines()) for name in KINDS] == [1] * len(KINDS)


def test_a_refused_run_says_why_and_what_still_serves(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(refused())
    assert run_command(["run", "screening-dev", "--follow"]) == 1
    err = capsys.readouterr().err
    assert "Gate refused the model." in err
    assert "auc is 0.8, the gate wants >= 0.97" in err
    assert "screening-dev-endpoint keeps serving the model of run 261120-010203-abcd" in err


def test_a_failed_run_shows_the_step_and_the_end_of_its_log(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_iac.runs.logs import LogLine

    step = StepRun(
        name="train",
        kind="training",
        status="failed",
        started=datetime.now(UTC),
        job="j",
        job_kind="training",
        reason="exit 1",
    )
    monkeypatch.setattr(
        "mlops_iac.runs.logs.read_tail", lambda *_: [LogLine("train", datetime.now(UTC), "ValueError: no column")]
    )
    play(make_run("failed", steps=(step,), error="exit 1"))
    assert run_command(["run", "screening-dev", "--follow"]) == 1
    err = capsys.readouterr().err
    assert "Step `train`: exit 1" in err
    assert "ValueError: no column" in err
    assert "mlops-iac logs screening-dev 261121-081530-3fa2 train" in err


def test_a_cause_is_told_once_with_its_remedy(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_iac.runs.logs import LogLine

    raised = "ModuleNotFoundError: No module named 'lightgbm'"
    reason = f'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "{raised}"\nCommand "python train.py"'
    lines = ["Traceback (most recent call last):", raised, *reason.splitlines()]
    step = StepRun(
        name="train",
        kind="training",
        status="failed",
        started=datetime.now(UTC),
        job="j",
        job_kind="training",
        reason=reason,
    )
    log = [LogLine("train", datetime.now(UTC), line) for line in lines]
    monkeypatch.setattr("mlops_iac.runs.logs.read_tail", lambda *_: log)
    play(make_run("failed", steps=(step,), error=reason))
    assert run_command(["run", "screening-dev", "--follow"]) == 1
    out, err = capsys.readouterr()
    assert (out + err).count(raised) == 1
    assert "hint: add `lightgbm` to requirements.txt" in err


def test_what_the_log_has_shown_is_not_shown_again(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_iac.runs.logs import LogLine

    step = StepRun(
        name="train",
        kind="training",
        status="failed",
        started=datetime.now(UTC),
        job="j",
        job_kind="training",
        reason="exit 1",
    )
    log = [LogLine("train", datetime.now(UTC), "ValueError: no column")]
    monkeypatch.setattr("mlops_iac.runs.logs.read_tail", lambda *_: log)
    play(make_run("failed", steps=(step,), error="exit 1"))
    assert run_command(["run", "screening-dev", "--follow", "--logs"]) == 1
    assert "The end of its log" not in capsys.readouterr().err


@pytest.mark.parametrize(("ended", "code"), [(make_run(), 0), (refused(), 1)])
def test_json_is_one_object_and_nothing_else(
    play: Play, capsys: pytest.CaptureFixture[str], ended: Run, code: int
) -> None:
    play(ended)
    assert run_command(["run", "screening-dev", "--follow", "--json"]) == code
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == ended.status
    assert err == ""


def test_without_follow_the_id_is_all_of_stdout(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(make_run())
    assert run_command(["run", "screening-dev"]) == 0
    assert capsys.readouterr().out == "261121-081530-3fa2\n"


def test_settings_win_over_the_file_and_maps_are_joined(play: Play, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("hyperparameters: {C: 1, columns: a}\ngate_at_least: 0.5\n")
    play(make_run())
    command = ["run", "screening-dev", "--parameters", str(tmp_path / "p.yaml"), "--set", "hyperparameters.C=2"]
    assert run_command([*command, "--set", "gate_at_least=0.6"]) == 0
    given = play.given  # type: ignore[attr-defined]
    assert given == {"hyperparameters": {"C": "2", "columns": "a"}, "gate_at_least": 0.6}


def test_ctrl_c_detaches_and_says_how_to_come_back(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(make_run())

    def interrupted(*_: Any, **__: Any) -> Iterator[Any]:
        yield StepChanged(make_run().steps[0], make_run())
        raise KeyboardInterrupt

    monkeypatch.setattr("mlops_iac.runs.follow.follow", interrupted)
    assert run_command(["run", "screening-dev", "--follow"]) == 8
    err = capsys.readouterr().err
    assert "note: Detached." in err
    assert "error" not in err
    assert "goes on" in err
    assert "mlops-iac runs screening-dev 261121-081530-3fa2 --follow" in err
    assert "--stop" in err


def test_a_wrong_setting_is_wrong_use(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(make_run())
    assert run_command(["run", "screening-dev", "--set", "gate_at_least"]) == 2
    assert "gate_at_least=0.95" in capsys.readouterr().err


def test_a_cloud_that_refuses_is_told_as_such(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Run:
        raise CloudError("Cloud refused a request.", "s3:PutObject: no", call="s3:PutObject")

    play(make_run())
    monkeypatch.setattr("mlops_iac.runs.start.start", refuse)
    assert run_command(["run", "screening-dev", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "CloudError"


def test_what_starts_nothing_reads_no_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "screening-dev", "--push", "--data-version", "@previous"]) == 2
    assert "--push starts nothing" in capsys.readouterr().err
