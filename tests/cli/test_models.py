from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.core.errors import RunError
from mlops_iac.runs.cost import EndpointCost
from mlops_iac.runs.lineage import Lineage, Node
from mlops_iac.runs.models import Model
from mlops_iac.runs.rollback import Rollback
from mlops_iac.runs.serving import Served
from tests.support.small_environment import make_environment

RUN = "261121-081530-3fa2"
MODEL = Model(
    version=3,
    registry="main",
    arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/screening-dev-models/3",
    approval="Approved",
    registered=datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC),
    run=RUN,
    code="0123456789abcdef",
    metrics={"auc": 0.997484, "\x1b[2J": 1.0},
    serves=("screening-dev-endpoint",),
)
OLDER = dataclasses.replace(MODEL, version=2, run=None, metrics={}, serves=(), approval="Rejected")
SERVED = Served(endpoint="screening-dev-endpoint", status="InService", config="c", run=RUN)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was kept; a cloud of which nothing is asked, and whose log takes what it is told."""
    monkeypatch.setattr("mlops_iac.runs.audit.write_event", lambda *_, **__: None)
    found: list[str] = []
    opened = environments.Opened(make_environment(), None, tmp_path, lambda: found.append("kept"))  # type: ignore[arg-type]
    for command in ("models", "lineage"):
        monkeypatch.setattr(f"mlops_iac.cli.{command}.open_environment", lambda *_, **__: opened)
    return found


def returning(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    monkeypatch.setattr(f"mlops_iac.runs.{name}", lambda *_, **__: value)


def test_versions_have_one_line_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "models.list_models", (MODEL, OLDER))
    returning(monkeypatch, "cost.endpoint_costs", (EndpointCost("screening-dev-endpoint", (("ml.m5.large", 4),)),))
    assert run_command(["models", "screening-dev"]) == 0
    head, first, second, cost = capsys.readouterr().out.splitlines()
    assert cost == "screening-dev-endpoint: 4 ml.m5.large, 0.4600 USD an hour by the list prices of 2023 to 2026-11"
    assert head.split() == ["VERSION", "APPROVAL", "REGISTERED", "RUN", "METRICS"]
    assert first.split()[:2] == ["3", "Approved"]
    assert first.endswith(f"{RUN}  auc 0.9975  \\x1b[2J 1  serves"), "a foreign name steers no terminal"
    assert second.split()[:2] == ["2", "Rejected"]
    assert second.endswith("-")


def test_no_models_is_no_error_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "models.list_models", ())
    assert run_command(["models", "list", "screening-dev"]) == 0
    assert "mlops-iac run screening-dev" in capsys.readouterr().err
    assert run_command(["models", "screening-dev", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"models": [], "endpoints": []}


def test_one_version_is_shown_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    returning(monkeypatch, "models.get_model", MODEL)
    assert run_command(["models", "show", "screening-dev", "3"]) == 0
    out = capsys.readouterr().out
    for words in ("Version 3 of screening-dev", f"run             {RUN}", "serves          screening-dev-endpoint"):
        assert words in out
    assert run_command(["models", "show", "screening-dev", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["serves"]) == (3, ["screening-dev-endpoint"])
    assert found["registered"] == "2026-11-21T08:15:30Z"
    returning(monkeypatch, "models.get_model", OLDER)
    assert run_command(["models", "show", "screening-dev", "2"]) == 0
    assert "somebody else put it there" in capsys.readouterr().out


def test_a_rollback_asks_and_says_what_it_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kept: list[str]
) -> None:
    done: list[Any] = []
    returning(monkeypatch, "rollback.plan", Rollback(served=SERVED, serving=4, to=MODEL))
    monkeypatch.setattr("mlops_iac.runs.rollback.roll_back", lambda *arguments: done.append(arguments[-1].to.version))
    assert run_command(["rollback", "screening-dev"]) == 2
    assert (done, "add --yes" in capsys.readouterr().err) == ([], True)
    assert run_command(["rollback", "screening-dev", "--yes"]) == 0
    assert (done, kept) == ([3], ["kept"])
    assert "screening-dev-endpoint serves version 3 instead of version 4." in capsys.readouterr().err
    assert run_command(["rollback", "screening-dev", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"endpoint": "screening-dev-endpoint", "was": 4, "beside": [], "version": 3, "run": RUN}


@pytest.mark.parametrize(("error", "code"), [(RunError("Rollback failed.", "It broke."), 1), (KeyboardInterrupt(), 0)])
def test_a_rollback_that_does_not_end_well_keeps_what_was_done(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kept: list[str],
    error: BaseException,
    code: int,
) -> None:
    def refuse(*_: Any) -> None:
        raise error

    returning(monkeypatch, "rollback.plan", Rollback(served=SERVED, serving=None, to=MODEL))
    monkeypatch.setattr("mlops_iac.runs.rollback.roll_back", refuse)
    ended = run_command(["rollback", "screening-dev", "--yes"])
    assert kept == ["kept"]
    told = capsys.readouterr().err
    assert (
        ("Rollback failed." in told, ended) == (True, 1)
        if code
        else ("Detached." in told, ended != 255) == (True, True)
    )


LINEAGE = Lineage(
    (
        Node("data", "raw/", {"objects": 1, "bytes": 6, "digest": "9f86", "complete": True}),
        Node("code", "0123456789abcdef", {"commit": "0" * 40, "dirty": True}),
        Node("run", RUN, {"pipeline": "training", "status": "succeeded", "metrics": {"auc": 0.9}}),
        Node("model", "main/3", {"approval": "Approved", "metrics": {}}),
        Node("endpoint", 'screening"-<b>endpoint'),
    ),
    (("data raw/", f"run {RUN}"), (f"run {RUN}", "model main/3")),
    ("Something is not known.",),
)


def test_a_lineage_is_text_json_and_a_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    returning(monkeypatch, "lineage.get_lineage", LINEAGE)
    assert run_command(["lineage", "screening-dev"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()] == [[one.kind, one.name] for one in LINEAGE.nodes]
    assert "commit 000000000000, changed" in out
    assert "Something is not known." in err
    assert run_command(["lineage", "screening-dev", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["edges"][0] == {"from": "data raw/", "to": f"run {RUN}"}
    assert run_command(["lineage", "screening-dev", "3", "--format", "mermaid"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("flowchart LR\n")
    assert 'endpoint<br/>screening#quot;-#lt;b#gt;endpoint"]' in out
    assert "data_raw_ --> run_261121_081530_3fa2" in out
    assert run_command(["lineage", "screening-dev", RUN, "--format", "dot"]) == 0
    assert '"run 261121-081530-3fa2" -> "model main/3";' in capsys.readouterr().out
