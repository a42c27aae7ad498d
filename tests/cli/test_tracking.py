"""``mlops-iac tracking``: where runs are logged, and who is led to MLflow's page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Service
from tests.support.small_environment import make_environment

APP = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-ABCDEFGHIJKL"
PAGE = "https://app-abcdefghijkl.mlflow.sagemaker.eu-west-1.app.aws/auth?authToken=once"


class SageMaker:
    asked: dict[str, Any]

    def create_presigned_mlflow_app_url(self, **asked: Any) -> dict[str, str]:
        self.asked = asked
        return {"AuthorizedUrl": PAGE}


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SageMaker:
    return installed(monkeypatch, tmp_path, APP)


def installed(monkeypatch: pytest.MonkeyPatch, root: Path, address: str) -> SageMaker:
    services = {"experiment-tracking": Service(endpoint=address, credentials="caller")} if address else {}
    environment, client = dataclasses.replace(make_environment(), services=services), SageMaker()
    opened = environments.Opened(environment, lambda service: client, root, lambda: None)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.tracking.open_environment", lambda *_, **__: opened)
    return client


def test_where_runs_are_logged_is_told_and_no_address_is_made(
    sagemaker: SageMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["tracking", "screening-dev"]) == exit_codes.OK
    told = capsys.readouterr().out
    assert "Runs of screening-dev are logged to MLflow" in told
    assert f"address    {APP}" in told
    assert not hasattr(sagemaker, "asked")


def test_an_address_is_printed_alone_or_in_json(sagemaker: SageMaker, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["tracking", "screening-dev", "--url"]) == exit_codes.OK
    assert capsys.readouterr().out == f"{PAGE}\n"
    assert sagemaker.asked == {"Arn": APP, "ExpiresInSeconds": 300}
    assert run_command(["tracking", "screening-dev", "--url", "--json"]) == exit_codes.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["address"], found["url"]) == ("mlflow", APP, PAGE)


def test_a_browser_is_opened_and_where_there_is_none_the_address_is_told(
    sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)) or True)
    assert run_command(["tracking", "screening-dev", "--open"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert (opened, out) == ([PAGE], "")
    assert PAGE not in err, "what is good for one browser is told to nobody else"
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert run_command(["tracking", "screening-dev", "--open"]) == exit_codes.OK
    assert PAGE in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "arguments", "says"),
    [
        ("", [], "Runs are logged nowhere else."),
        ("sagemaker-experiments:screening-dev", ["--url"], "There is no page of its own."),
        ("sagemaker-experiments:screening-dev", ["--open"], "There is no page of its own."),
    ],
)
def test_what_there_is_not_is_said(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    address: str,
    arguments: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    installed(monkeypatch, tmp_path, address)
    assert run_command(["tracking", "screening-dev", *arguments]) == exit_codes.ERROR
    assert says in capsys.readouterr().err


def test_sagemakers_experiments_are_told_with_where_they_stand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, tmp_path, "sagemaker-experiments:screening-dev")
    assert run_command(["tracking", "screening-dev"]) == exit_codes.OK
    assert "Experiments, in SageMaker Studio" in capsys.readouterr().out
