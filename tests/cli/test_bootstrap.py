"""`mlops-iac bootstrap`: the account's stack, its file, and what other stacks are told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mlops_iac.cli.bootstrap import next_lines
from mlops_iac.cli.main import run_command
from mlops_iac.cli.options import CloudName
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Environment, Service, Store

FILE = "stacks/Pulumi.platform-account.yaml"


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def test_a_preview_writes_the_file_and_makes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bootstrap", "--github", "acme/ml", "--gitlab", "acme/ml", "--preview"]) == exit_codes.OK
    told = capsys.readouterr()
    assert f"Wrote {FILE}" in told.err
    assert "ci-github" in told.out
    assert "to create" in told.out
    config = yaml.safe_load((here / FILE).read_text())["config"]
    assert config["mlops-iac:options"]["ci"] == {"github": {"repository": "acme/ml"}, "gitlab": {"project": "acme/ml"}}
    assert "mlops-iac:code" not in config
    assert not (here / ".mlops-iac/cloud").exists()


def test_the_file_is_the_person_s_from_then_on(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bootstrap", "--preview"]) == exit_codes.OK
    text = (here / FILE).read_text()
    assert run_command(["bootstrap", "--preview"]) == exit_codes.OK
    assert (here / FILE).read_text() == text
    assert run_command(["bootstrap", "--preview", "--github", "acme/ml"]) == exit_codes.CONFIGURATION
    assert "edit the file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["acme", "acme/*", "a/b/c", "https://github.com/acme/ml", ""])
def test_what_is_no_repository_is_refused_and_nothing_is_written(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["bootstrap", "--github", name, "--preview"]) == exit_codes.CONFIGURATION
    assert "This is no repository." in capsys.readouterr().err
    assert not (here / FILE).exists()


@pytest.mark.parametrize("name", ["ben", "arn:aws:iam::111122223333:root", "sso:", "*"])
def test_what_is_no_reviewer_is_refused_and_nothing_is_written(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["bootstrap", "--reviewer", name, "--preview"]) == exit_codes.CONFIGURATION
    assert "This is no reviewer." in capsys.readouterr().err
    assert not (here / FILE).exists()


def test_reviewers_stand_in_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ben = "arn:aws:iam::111122223333:user/ben"
    assert run_command(["bootstrap", "--reviewer", ben, "--reviewer", "sso:Reviewers", "--preview"]) == exit_codes.OK
    assert "ReviewKey" in capsys.readouterr().out
    config = yaml.safe_load((here / FILE).read_text())["config"]
    assert config["mlops-iac:options"] == {"plan_review": {"reviewers": [ben, "sso:Reviewers"]}}


def test_another_stack_s_mistakes_keep_nobody_from_it(here: Path) -> None:
    (here / "stacks/Pulumi.broken-dev.yaml").write_text("config: [")
    assert run_command(["bootstrap", "--preview"]) == exit_codes.OK


def test_its_preview_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["bootstrap", "--preview", "--json"]) == exit_codes.OK
    assert json.loads(capsys.readouterr().out)["changeSummary"]["create"] > 5


def test_it_ends_by_saying_how_other_stacks_come_to_use_it() -> None:
    client = {"PULUMI_BACKEND_URL": "s3://states?region=eu-west-1", "MLOPS_IAC_SECRETS_PROVIDER": "awskms:///key"}
    account = Environment(
        team="platform",
        environment="account",
        blueprint="account",
        region="eu-west-1",
        account_id="111122223333",
        stores={"state": Store(bucket="states", zones={}, key_arn="key")},
        pipelines={},
        services={
            "state": Service(endpoint="s3://states", credentials="", client=client),
            "plan-review": Service(endpoint="arn:key", credentials="those of a reviewer"),
            "ci-github-deploy": Service(endpoint="provider", credentials="arn:deploy"),
        },
    )
    lines = next_lines(account, CloudName.AWS)
    assert "    url: s3://states?region=eu-west-1" in lines
    assert "  secrets_provider: awskms:///key" in lines
    assert "  defaults: {review: two-persons, review_key: arn:key}" in lines
    assert "  ci-github-deploy  arn:deploy" in lines
    assert not any("rehearsal" in line for line in lines)


def test_no_policy_has_anything_against_it() -> None:
    command = ["bootstrap", "--github", "acme/ml", "--gitlab", "acme/ml", "--preview"]
    assert run_command(command) == exit_codes.OK
    assert run_command(["policy", "check", "platform-account"]) == exit_codes.OK
