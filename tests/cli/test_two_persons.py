"""`review: two-persons`: planned by one, approved by another, carried out as it is, and told by the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError, ConfigError
from mlops_iac.core.signatures import KEY_SPEC
from mlops_iac.engine.deciding.plan_review import PassphraseSeal, PlanReview, Signer, write_review
from mlops_iac.runs import person
from tests.conftest import make_project

STACK = "screening-dev"
CONFIG = ConfigError.exit_code


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "shared")
    return root


def ask_for_two(project: Path, more: str = "") -> None:
    (project / "mlops-iac.yaml").write_text(f"defaults: {{review: two-persons{more}}}\nlocked: [review]\n")


def as_person(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(person, "person_here", lambda: name)


def run(*line: str, code: int = exit_codes.OK) -> None:
    assert run_command([*line]) == code


def test_nothing_is_asked_of_a_stack_that_does_not_say_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("preview", STACK, "--save-plan", "plan.json")
    assert not (project / "plan.json.review.json").exists()


def test_an_up_without_a_plan_of_two_is_refused_before_anything_is_done(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_for_two(project)
    as_person(monkeypatch, "anna@laptop")
    run("up", STACK, "--yes", code=exit_codes.ERROR)
    assert "changed by an approved plan only" in capsys.readouterr().err
    run("up", "--all", "--yes", code=exit_codes.ERROR)
    assert not (project / ".mlops-iac/cloud").exists()

    run("preview", STACK, "--save-plan", "plan.json")
    assert "it is anna@laptop's" in capsys.readouterr().err
    run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
    assert "nobody else has approved it" in capsys.readouterr().err
    run("plan", "approve", "plan.json", code=exit_codes.ERROR)
    assert "Whoever made a plan does not approve it." in capsys.readouterr().err

    as_person(monkeypatch, "ben@desk")
    run("plan", "approve", "plan.json", "--message", "looked at it", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["made"]["by"], told["approvals"][0]["by"], told["two_persons"]) == ("anna@laptop", "ben@desk", True)
    run("plan", "show", "plan.json")
    assert "approved by ben@desk" in capsys.readouterr().out

    # An edited plan does not pass, and neither does an edited record.
    for file in ("plan.json", "plan.json.review.json"):
        text = (project / file).read_text()
        (project / file).write_text(text.replace("screening", "screaming", 1))
        run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
        assert "changed" in capsys.readouterr().err
        (project / file).write_text(text)


@pytest.mark.slow
def test_an_environment_ends_by_a_plan_of_two(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        run("up", STACK, "--yes", "--target", "lake-bucket")
        ask_for_two(project)
        as_person(monkeypatch, "anna@laptop")
        run("destroy", STACK, "--yes", code=exit_codes.ERROR)
        assert "destroy screening-dev --save-plan FILE" in capsys.readouterr().err
        run("destroy", STACK, "--save-plan", "end.json")
        assert "Nothing was destroyed" in capsys.readouterr().err
        run("destroy", STACK, "--yes", "--plan", "end.json", code=exit_codes.ERROR)
        assert "nobody else has approved it" in capsys.readouterr().err
        as_person(monkeypatch, "ben@desk")
        run("plan", "approve", "end.json")
        run("destroy", STACK, "--yes", "--plan", "end.json", "--exclude", "lake-bucket", code=exit_codes.ERROR)
        assert "lake-bucket is in the plan and would not be deleted" in capsys.readouterr().err
        run("destroy", STACK, "--yes", "--plan", "end.json")
        run("destroy", STACK, "--yes", "--plan", "end.json", "--save-plan", "x.json", code=exit_codes.CONFIGURATION)
    finally:
        run("cloud", "stop")


KEY = "alias/plans"


def make_key(project: Path) -> Any:
    """KMS of this project's cloud, with a key that signs plans."""
    cloud = EmbeddedCloud(project / ".mlops-iac/cloud")
    cloud.start()
    kms = cloud.clients("eu-west-1")("kms")
    made = kms.create_key(KeySpec=KEY_SPEC, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=KEY, TargetKeyId=made)
    return kms


def test_a_key_of_kms_signs_a_plan_and_finds_what_was_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_for_two(project, f", review_key: {KEY}")
    try:
        kms = make_key(project)
        as_person(monkeypatch, "anna@laptop")
        run("preview", STACK, "--save-plan", "plan.json")
        run("plan", "approve", "plan.json", code=exit_codes.ERROR)
        assert "Whoever made a plan does not approve it." in capsys.readouterr().err

        # Who has the passphrase, and no right to the key, signs nothing.
        record = project / "plan.json.review.json"
        told = json.loads(record.read_text())
        review = PlanReview.from_json(told)
        forged = Signer(PassphraseSeal(lambda: "shared")).approve(review, "ben@desk", "2026-11-30T00:00:00Z", "")
        write_review(project / "plan.json", forged)
        run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
        assert f"it was not signed with {KEY}" in capsys.readouterr().err
        write_review(project / "plan.json", review)

        as_person(monkeypatch, "ben@desk")
        run("plan", "approve", "plan.json", "--message", "looked at it")
        run("plan", "show", "plan.json")
        assert "approved by ben@desk" in capsys.readouterr().out
        for file, word in ((project / "plan.json", "screening"), (record, "ben")):
            text = file.read_text()
            file.write_text(text.replace(word, "other", 1))
            run("up", STACK, "--yes", "--plan", "plan.json", code=exit_codes.ERROR)
            assert "The plan was changed, or signed elsewhere." in capsys.readouterr().err
            file.write_text(text)

        # Without the key nobody carries anything out.
        kms.delete_alias(AliasName=KEY)
        run("up", STACK, "--yes", "--plan", "plan.json", code=CloudError.exit_code)
        assert "kms:Verify" in capsys.readouterr().err
    finally:
        run("cloud", "stop")


def test_a_stack_does_not_loosen_what_its_company_locked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask_for_two(project)
    file = project / f"stacks/Pulumi.{STACK}.yaml"
    file.write_text(file.read_text().replace("  mlops-iac:options:", "  mlops-iac:review: none\n  mlops-iac:options:"))
    run("up", STACK, "--yes", code=CONFIG)
    assert "locks it to `two-persons`" in capsys.readouterr().err


@pytest.mark.slow
def test_the_history_tells_who_stood_behind_a_change(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_for_two(project)
    as_person(monkeypatch, "anna@laptop")
    run("preview", STACK, "--save-plan", "plan.json")
    as_person(monkeypatch, "ben@desk")
    run("plan", "approve", "plan.json")
    try:
        run("up", STACK, "--yes", "--plan", "plan.json")
        capsys.readouterr()
        run("history", STACK)
        assert "planned by anna@laptop, approved by ben@desk" in capsys.readouterr().out
        run("preview", STACK, "--save-plan", "plan.json")
        as_person(monkeypatch, "anna@laptop")
        run("plan", "approve", "plan.json", "--message", "nothing in it")
        run("history", STACK)
        told = capsys.readouterr().out
        assert "approve-plan" in told
        assert '"nothing in it"' in told
    finally:
        run("cloud", "stop")
