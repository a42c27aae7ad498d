"""A plan is approved with the account's own key: by reviewers whom its policy names, and by nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.main import run_command
from mlops_iac.cli.options import CloudName
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError
from mlops_iac.core.signatures import KEY_SPEC
from mlops_iac.runs import person
from tests.conftest import make_project

pytestmark = pytest.mark.slow

STACK, ACCOUNT = "screening-dev", "platform-account"
BEN = "arn:aws:iam::123456789012:user/ben"
COMPANY = "mlops-iac.yaml"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose account has the key, and whose company asks for two persons, by the lines that `bootstrap` said.

    Its plan is anna's, and ben has approved it."""
    root = make_project(tmp_path_factory.mktemp("review") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run_command(["bootstrap", "--yes", "--reviewer", BEN, "--reviewer", "sso:Reviewers"]) == exit_codes.OK
        yield root
        assert run_command(["cloud", "stop"]) == exit_codes.OK


@pytest.fixture(autouse=True)
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "shared")
    as_person(monkeypatch, "anna@laptop")


def as_person(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(person, "person_here", lambda: name)


def run(*line: str, code: int = exit_codes.OK) -> None:
    assert run_command([*line]) == code


def key_of_account() -> str:
    return open_backend(ACCOUNT, CloudName.EMBEDDED).environment().services["plan-review"].endpoint


def demand(project: Path, key: str) -> None:
    told = {"defaults": {"review": "two-persons", "review_key": key}, "locked": ["review", "review_key"]}
    (project / COMPANY).write_text(yaml.safe_dump(told))


@pytest.fixture
def plan(project: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Anna's, which ben approved."""
    demand(project, key_of_account())
    run("preview", STACK, "--save-plan", "plan.json")
    run("plan", "approve", "plan.json", "--as", "ben", "--message", "looked at it")
    capsys.readouterr()
    return project / "plan.json"


def test_only_whom_the_key_names_approves(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demand(project, key_of_account())
    run("preview", STACK, "--save-plan", "plan.json")
    assert "it is anna@laptop's" in capsys.readouterr().err
    # Neither the account's administrator nor a user with every right of IAM: the key's policy names neither.
    as_person(monkeypatch, "carl@desk")
    for words in ([], ["--as", "carl"]):
        run("plan", "approve", "plan.json", *words, code=CloudError.exit_code)
        told = capsys.readouterr().err
        assert "kms:Sign" in told
        assert "no resource-based policy allows" in told
    run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
    assert "nobody else has approved it" in capsys.readouterr().err
    # Nor does its author, though he is a reviewer.
    as_person(monkeypatch, BEN)
    run("preview", STACK, "--save-plan", "plan.json")
    run("plan", "approve", "plan.json", "--as", "ben", code=exit_codes.ERROR)
    assert "Whoever made a plan does not approve it." in capsys.readouterr().err


def edit_plan(plan: Path, record: Any) -> None:
    plan.write_text(plan.read_text().replace("screening", "screaming", 1))


def edit_author(plan: Path, record: Any) -> None:
    record["made"]["by"] = "dora@desk"


def edit_approver(plan: Path, record: Any) -> None:
    record["approvals"][0]["by"] = "dora@desk"


def cut_signature(plan: Path, record: Any) -> None:
    record["approvals"][0]["signature"] = record["approvals"][0]["signature"][:-8]


def drop_signature(plan: Path, record: Any) -> None:
    record["approvals"][0]["signature"] = ""


def spoil_signature(plan: Path, record: Any) -> None:
    record["approvals"][0]["signature"] = "not base64!"


@pytest.mark.parametrize(
    "edit",
    [edit_plan, edit_author, edit_approver, cut_signature, drop_signature, spoil_signature],
    ids=lambda edit: edit.__name__,
)
def test_what_was_changed_after_its_approval_is_not_carried_out(
    edit: Any, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = plan.with_name("plan.json.review.json")
    record = json.loads(file.read_text())
    edit(plan, record)
    file.write_text(json.dumps(record))
    run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
    assert "The plan was changed, or signed elsewhere." in capsys.readouterr().err


def test_what_another_key_signed_is_not_carried_out(
    project: Path, plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kms = EmbeddedCloud(project / ".mlops-iac/cloud").clients("eu-west-1")("kms")
    made = kms.create_key(KeySpec=KEY_SPEC, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    demand(project, made)
    run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
    assert f"it was not signed with {made}" in capsys.readouterr().err


def test_a_key_of_another_region_signs_as_well(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kms = EmbeddedCloud(project / ".mlops-iac/cloud").clients("us-east-1")("kms")
    demand(project, kms.create_key(KeySpec=KEY_SPEC, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])
    run("preview", STACK, "--save-plan", "plan.json")
    run("plan", "approve", "plan.json", "--as", "ben")
    run("plan", "show", "plan.json")
    assert f"approved by {BEN}" in capsys.readouterr().out


def test_what_two_persons_agreed_on_is_carried_out_and_remembered(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("up", STACK, "--yes", "--plan", "plan.json")
    capsys.readouterr()
    run("history", STACK)
    assert f"planned by anna@laptop, approved by {BEN}" in capsys.readouterr().out
