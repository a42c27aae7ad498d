"""`mlops-iac cost`: what an environment costs before it exists, and a limit that a pull request can be held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project

STACK = "screening-dev"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


def change(project: Path, old: str, new: str) -> None:
    file = project / f"stacks/Pulumi.{STACK}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def price(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run_command(["cost", STACK, "--json"]) == exit_codes.OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_environment_is_priced_before_it_exists(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = price(capsys)
    assert found["unpriced"] == []
    # A key 1.00, three alarms 0.30, a dashboard 3.00: the table of the README.
    assert found["idle"]["usual"] == pytest.approx(4.30)
    layers = {item["layer"] for item in found["items"]}
    assert {"encryption", "lake", "monitoring", "training", "endpoint"} <= layers
    assert run_command(["cost", STACK]) == exit_codes.OK
    told = capsys.readouterr().out
    assert "30 × 1 ml.m5.large, 10 min" in told
    assert "Assumed: runs 30" in told
    assert not (project / ".mlops-iac/cloud").exists()  # no cloud was started


def test_it_costs_what_it_is_used(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = price(capsys)
    change(project, "  mlops-iac:options:", "  mlops-iac:usage: {runs: 3000, requests: 0}\n  mlops-iac:options:")
    after = price(capsys)
    assert after["usage"]["runs"] == 3000
    assert after["idle"] == before["idle"]
    assert after["total"]["usual"] > 50 * (before["total"]["usual"] - before["idle"]["usual"])


def test_machines_that_are_always_on_are_most_of_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(project, ": tabular-batch", ": realtime-inference")
    always = [item for item in price(capsys)["items"] if "always on" in item["what"]]
    assert [item["what"] for item in always] == ["2 × ml.m5.large, always on once a model is deployed"]
    assert 150 < always[0]["idle"]["usual"] < 250


@pytest.mark.parametrize(("most", "code"), [("1", exit_codes.ERROR), ("1000", exit_codes.OK)])
def test_a_limit_ends_with_a_failure(project: Path, capsys: pytest.CaptureFixture[str], most: str, code: int) -> None:
    assert run_command(["cost", STACK, "--max", most]) == code
    told = capsys.readouterr()
    assert ("The environment costs too much." in told.err) is (code == exit_codes.ERROR)
    assert "LAYER" in told.out


@pytest.mark.parametrize(
    ("usage", "words"),
    [("{run: 3}", "did you mean `runs`?"), ("{runs: -1}", "0 to 1000000"), ("{stored_gb: many}", "a number")],
)
def test_a_wrong_assumption_is_told_at_its_line(
    project: Path, capsys: pytest.CaptureFixture[str], usage: str, words: str
) -> None:
    change(project, "  mlops-iac:options:", f"  mlops-iac:usage: {usage}\n  mlops-iac:options:")
    assert run_command(["cost", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert f"stacks/Pulumi.{STACK}.yaml:" in told
    assert words in told


def test_what_it_is_for_is_told_and_is_tags_of_its_resources(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mlops-iac.yaml").write_text("defaults:\n  value: {owner: Retail, expected_usd_a_month: 78}\n")
    change(project, "  mlops-iac:options:", "  mlops-iac:value: {use_case: churn letters}\n  mlops-iac:options:")
    found = price(capsys)
    share = round(found["total"]["usual"] / 78, 4)
    expected = {"owner": "Retail", "use_case": "churn letters", "expected_usd_a_month": 78, "cost_share": share}
    assert found["value"] == expected
    assert run_command(["cost", STACK]) == exit_codes.OK
    assert "Expected to bring 78.00 US dollars a month (churn letters, for Retail)" in capsys.readouterr().out
    assert run_command(["preview", STACK, "--json"]) == exit_codes.OK
    steps = json.loads(capsys.readouterr().out)["steps"]
    (key,) = [one["newState"]["inputs"] for one in steps if one["urn"].endswith("aws:kms/key:Key::encryption-key")]
    tags = key["tags"]
    assert (tags["mlops-iac:value-owner"], tags["mlops-iac:use-case"]) == ("Retail", "churn letters")
    assert not any("expected" in name for name in tags)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("{expected_usd_a_month: -1}", "value.expected_usd_a_month"),
        ("{use_case: '<b>'}", "value.use_case"),
        ("{worth: 3}", "worth"),
        ("much", "value"),
    ],
)
def test_what_no_value_can_be_is_refused_at_its_line(
    value: str, says: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project, "  mlops-iac:options:", f"  mlops-iac:value: {value}\n  mlops-iac:options:")
    assert run_command(["cost", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert says in told
    assert f"stacks/Pulumi.{STACK}.yaml:" in told
