"""``mlops-iac status``: from files alone, and from a cloud that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cli.main import run_command
from mlops_iac.cli.standing import Standing
from mlops_iac.cli.status_view import render_status, state_words
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Environment
from mlops_iac.runs.health import Health, judged_by
from mlops_iac.runs.models import Model
from tests.support.small_environment import make_environment

Capture = pytest.CaptureFixture[str]

STACK = "stacks/Pulumi.screening-dev.yaml"


def statuses(capsys: Capture, *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run_command(["status", *arguments, "--json"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert err == ""
    return {one["stack"]: one for one in json.loads(out)["stacks"]}


def set_(project: Path, line: str) -> None:
    file = project / STACK
    file.write_text(file.read_text().replace("  mlops-iac:code:", f"  {line}\n  mlops-iac:code:"))


def test_what_is_only_written_is_not_deployed(project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    found = statuses(capsys)["screening-dev"]
    assert (found["deployed"], found["blueprint"], found["monthly"], found["health"]) == (
        False, "tabular-batch", None, None,
    )  # fmt: skip
    assert not EmbeddedBackend(project, "screening-dev").cloud.find()
    assert run_command(["status"]) == exit_codes.OK
    assert "not deployed" in capsys.readouterr().out


VALUE = "mlops-iac:value: {owner: Retail, use_case: churn letters, expected_usd_a_month: 500}"


def test_what_it_is_for_stands_beside_what_it_costs(recorded_stack: Path, capsys: Capture):
    before = statuses(capsys, "screening-dev")["screening-dev"]
    assert before["value"] == {"owner": None, "use_case": None, "expected_usd_a_month": None, "cost_share": None}
    set_(Path.cwd(), VALUE)
    found = statuses(capsys, "screening-dev")["screening-dev"]
    assert found["value"]["use_case"] == "churn letters"
    assert found["value"]["cost_share"] == pytest.approx(found["monthly"]["usual"] / 500, abs=1e-4)
    assert run_command(["status", "screening-dev"]) == exit_codes.OK
    assert "Expected to bring 500.00 US dollars a month (churn letters, for Retail)" in capsys.readouterr().out
    assert run_command(["status"]) == exit_codes.OK
    assert "OF ITS VALUE" in capsys.readouterr().out


def test_a_deployed_one_is_told_by_its_state_without_a_cloud(recorded_stack: Path, capsys: Capture):
    found = statuses(capsys, "screening-dev")["screening-dev"]
    assert found["deployed"]
    assert found["resources"] == 4
    assert found["first_up"].startswith("2026-")
    assert found["monthly"]["high"] >= found["monthly"]["low"] >= 0
    assert found["health"] is None


def test_the_end_is_told_from_the_first_up(recorded_stack: Path, project: Path, capsys: Capture):
    set_(project, "mlops-iac:expires: 12h")
    found = statuses(capsys)["screening-dev"]
    assert datetime.fromisoformat(found["expires"]) > datetime.fromisoformat(found["first_up"])
    (project / STACK).write_text((project / STACK).read_text().replace("expires: 12h", "expires: 2020-01-01"))
    assert statuses(capsys)["screening-dev"]["expired"]
    assert run_command(["status", "--all"]) == exit_codes.OK
    assert "expired" in capsys.readouterr().out


def test_a_preview_tells_the_end(project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    for said, words in (("7d", "7d after its first `up`"), ("2020-01-01", "It has expired on 2020-01-02 00:00 UTC")):
        set_(project, f"mlops-iac:expires: {said}")
        assert run_command(["preview", "screening-dev", "--json"]) == exit_codes.OK
        assert words in str(json.loads(capsys.readouterr().out)["notes"])
        file = project / STACK
        file.write_text(file.read_text().replace(f"  mlops-iac:expires: {said}\n", ""))


def test_what_is_wrong_with_one_is_told_in_its_place(recorded_stack: Path, project: Path, capsys: Capture):
    (project / STACK.replace("screening", "broken")).write_text("config: 3\n")
    found = statuses(capsys, "--all")
    assert found["broken-dev"]["error"]["problems"]
    assert found["screening-dev"]["deployed"]


def test_a_protected_one_does_not_expire(project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    set_(project, "mlops-iac:expires: 7d\n  mlops-iac:protect: true")
    found = statuses(capsys)["screening-dev"]["error"]["problems"][0]
    assert found["summary"] == "What is protected does not expire."
    assert found["line"] > 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("screening-dve",), exit_codes.STACK_NOT_FOUND, "did you mean `screening-dev`?"),
        (("screening-dev", "--all"), exit_codes.CONFIGURATION, "were both given"),
        (("--watch",), exit_codes.CONFIGURATION, "Nothing to redraw"),
        (("--watch", "--json"), exit_codes.CONFIGURATION, "Nothing to redraw"),
    ],
)
def test_what_cannot_be_shown_says_so(
    arguments: tuple[str, ...], code: int, words: str, project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(project)
    assert run_command(["status", *arguments]) == code
    out, err = capsys.readouterr()
    assert words in out + err


def model(**more: Any) -> Model:
    registered = datetime(2026, 11, 21, tzinfo=UTC)
    return Model(version=3, registry="main", arn="arn", approval="Approved", registered=registered, **more)


@pytest.mark.parametrize(
    ("metrics", "metric"), [({"rows": 9.0, "auc": 0.9}, "auc"), ({"f1": 0.5, "rows": 9.0}, "f1"), ({}, "")]
)
def test_the_champion_is_judged_by_its_gates_metric(metrics: Mapping[str, float], metric: str):
    assert judged_by(make_environment(), model(metrics=metrics)) == metric


def test_a_line_says_what_serves_and_how_good_it_is():
    health = Health(serving=model(metrics={"auc": 0.91234}), metric="auc", endpoints={"main": "InService"})
    text = render_status([(Standing(stack="screening-dev", resources=3, changed=()), health)], color=False)
    assert "version 3 auc 0.9123  InService" in text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"resources": 0}, "not deployed"),
        ({"resources": 1, "changed": ()}, "deployed"),
        ({"resources": 1, "changed": ("mlops-iac:tags",)}, "changed since"),
        ({"resources": 1, "last": "update", "last_result": "failed"}, "up failed"),
    ],
)
def test_a_state_has_its_word(facts: dict[str, Any], words: str):
    assert state_words(Standing(stack="a-dev", **facts)) == words


def test_an_environment_without_a_gate_is_judged_by_its_first_metric():
    environment = make_environment()
    plain = Environment(**{**vars(environment), "pipelines": {}})
    assert judged_by(plain, model(metrics={"rmse": 1.0})) == "rmse"
