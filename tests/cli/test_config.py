"""`mlops-iac config`: what is in force and where it is from; every file of a project checked at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project

COMPANY = """
defaults: {tags: {org: ml}, options: {monthly_budget_usd: 300}}
limits: {options.monthly_budget_usd: {at_most: 500}, instance_types: {one_of: [ml.m5.*, m5, c5, g5]}}
groups:
  dev:
    stacks: ["*-dev"]
    defaults: {security: sandbox}
"""
PIPELINE = """
extends: training
steps:
  train: {job: {instance_type: ml.p4d.24xlarge}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    stack = root / "stacks/Pulumi.screening-dev.yaml"
    kept = [line for line in stack.read_text().splitlines() if "mlops-iac:security" not in line]
    stack.write_text("\n".join(kept) + "\n")
    (root / "mlops-iac.yaml").write_text(COMPANY)
    return root


def test_every_setting_is_shown_with_its_file_and_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["config", "show", "screening-dev", "--json"]) == exit_codes.OK
    shown = {one["key"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    assert shown["security"] == {"key": "security", "value": "sandbox", "origin": "mlops-iac.yaml:7 (group dev)"}
    assert shown["options.monthly_budget_usd"]["origin"] == "mlops-iac.yaml:2"
    assert shown["options.orchestrator"] == {
        "key": "options.orchestrator",
        "value": "step-functions",
        "origin": "",
    }
    assert shown["team"]["origin"].startswith("stacks/Pulumi.screening-dev.yaml:")
    assert run_command(["config", "show", "screening-dev"]) == exit_codes.OK
    assert "mlops-iac.yaml:7 (group dev)" in capsys.readouterr().out


def test_a_preview_has_what_the_company_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["preview", "screening-dev", "--json"]) == exit_codes.OK
    steps = json.loads(capsys.readouterr().out)["steps"]
    inputs = {step["newState"]["type"]: step["newState"].get("inputs", {}) for step in steps}
    assert inputs["aws:s3/bucket:Bucket"]["tags"]["org"] == "ml"
    assert inputs["aws:budgets/budget:Budget"]["limitAmount"] == "300.00"
    assert "aws:kms/key:Key" not in inputs  # a sandbox


def test_a_machine_of_a_pipelines_file_is_held_against_the_limit(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "examples/screening/pipelines").mkdir()
    (project / "examples/screening/pipelines/training.yaml").write_text(PIPELINE.lstrip())
    assert run_command(["config", "check"]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "examples/screening/pipelines/training.yaml:3" in told
    assert "Value given: ml.p4d.24xlarge. Values allowed: one of ml.m5.*, m5, c5, g5 (mlops-iac.yaml:3)." in told


def test_how_many_machines_a_job_takes_is_held_against_the_limit(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mlops-iac.yaml").write_text("limits: {instance_count: {at_most: 2}}\n")
    assert run_command(["config", "check"]) == exit_codes.OK
    stack = project / "stacks/Pulumi.screening-dev.yaml"
    said = "  mlops-iac:options:\n    instances: {train: {instance_count: 3}}\n"
    stack.write_text(stack.read_text().replace("  mlops-iac:options:\n", said))
    (project / "examples/screening/pipelines").mkdir()
    pipeline = PIPELINE.replace("instance_type: ml.p4d.24xlarge", "instance_count: 4")
    (project / "examples/screening/pipelines/more.yaml").write_text(pipeline.lstrip())
    capsys.readouterr()
    for command in (["config", "check"], ["preview", "screening-dev"]):
        assert run_command(command) == exit_codes.CONFIGURATION
        told = capsys.readouterr().err
        assert "options.instances.train.instance_count" in told
        assert "Value given: 3. Values allowed: at most 2 (mlops-iac.yaml:1)." in told
    stack.write_text(stack.read_text().replace(said, "  mlops-iac:options:\n"))
    assert run_command(["preview", "screening-dev"]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "examples/screening/pipelines/more.yaml:3" in told
    assert "Value given: 4. Values allowed: at most 2 (mlops-iac.yaml:1)." in told


@pytest.mark.parametrize("key", ["limits: {options.bugdet: {at_most: 1}}", "locked: [options.bugdet]"])
def test_an_option_that_no_blueprint_has_is_told(project: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    (project / "mlops-iac.yaml").write_text(key)
    assert run_command(["config", "check"]) == exit_codes.CONFIGURATION
    assert "`options.bugdet` is no option of any blueprint." in capsys.readouterr().err


def test_an_option_of_another_blueprint_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mlops-iac.yaml").write_text("defaults: {options: {batch: {enabled: true}}}\nlocked: [options.batch]\n")
    stack = project / "stacks/Pulumi.screening-dev.yaml"
    assert run_command(["config", "check"]) == exit_codes.OK
    stack.write_text(stack.read_text().replace(": tabular-batch", ": realtime-inference"))
    assert run_command(["config", "check"]) == exit_codes.OK, capsys.readouterr().err


def test_new_takes_the_companys_answers_and_does_not_repeat_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["new", "--team", "churn", "--env", "dev", "--blueprint", "tabular-batch", "--code", "examples/screening"]
    assert run_command(words) == exit_codes.OK
    assert (
        "  # mlops-iac:security: sandbox  # says mlops-iac.yaml\n"
        in (project / "stacks/Pulumi.churn-dev.yaml").read_text()
    )
    assert run_command(["config", "check"]) == exit_codes.OK


def test_new_writes_nothing_that_the_company_does_not_allow(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mlops-iac.yaml").write_text("limits: {aws:region: {one_of: [eu-central-1]}}\n")
    words = ["new", "--team", "churn", "--env", "dev", "--blueprint", "tabular-batch", "--code", "examples/screening"]
    assert run_command(words) == exit_codes.CONFIGURATION
    assert "Values allowed: one of eu-central-1 (mlops-iac.yaml:1)." in capsys.readouterr().err
    assert not (project / "stacks/Pulumi.churn-dev.yaml").exists()
    assert run_command([*words, "--region", "eu-central-1"]) == exit_codes.OK
