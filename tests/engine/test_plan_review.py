"""Who made a plan and who approved it: the same person is nobody else, and an edit of anything is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.deciding import plan_review
from mlops_iac.engine.deciding.plan_review import (
    PassphraseSeal,
    PlanReview,
    Signer,
    read_review,
    review_file,
    write_review,
)

AT = "2026-11-30T12:00:00Z"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_review, "ROUNDS", 1)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.json"
    file.write_text('{"manifest": {}}')
    return file


def signer(passphrase: str = "secret") -> Signer:
    return Signer(PassphraseSeal(lambda: passphrase))


def approved(plan: Path) -> PlanReview:
    made = signer().begin(plan, "churn-prod", "anna@laptop", AT)
    review = signer().approve(made, "ben by GitHub Actions", AT, "looked at it")
    write_review(plan, review)
    return review


def test_a_plan_of_two_persons_is_read_as_it_was_written(plan: Path) -> None:
    review = approved(plan)
    found = read_review(plan)
    assert found == review
    signer().check(found, plan)
    assert found.second is not None
    assert found.second.by == "ben by GitHub Actions"


def test_whoever_made_it_does_not_approve_it_and_nobody_does_twice(plan: Path) -> None:
    review = signer().begin(plan, "churn-prod", "anna@laptop", AT)
    assert review.second is None
    with pytest.raises(PlanError, match="Whoever made a plan"):
        signer().approve(review, "anna@laptop", AT, "")
    with pytest.raises(PlanError, match="approved already"):
        signer().approve(approved(plan), "ben by GitHub Actions", AT, "")


@pytest.mark.parametrize(
    "path",
    [("made", "by"), ("made", "at"), ("approvals", 0, "by"), ("approvals", 0, "message"), ("stack",), ("salt",)],
)
def test_an_edit_of_the_record_is_found(plan: Path, path: tuple[Any, ...]) -> None:
    approved(plan)
    body = json.loads(review_file(plan).read_text())
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = "somebody else"
    review_file(plan).write_text(json.dumps(body))
    with pytest.raises(PlanError, match="was changed"):
        signer().check(read_review(plan), plan)


def test_an_approval_of_another_plan_is_none_of_this_one(plan: Path) -> None:
    review = approved(plan)
    plan.write_text('{"manifest": {"more": 1}}')
    with pytest.raises(PlanError, match="was changed"):
        signer().check(review, plan)
    body = json.loads(review_file(plan).read_text())
    body["digest"] = plan_review.digest_of(plan)
    review_file(plan).write_text(json.dumps(body))
    with pytest.raises(PlanError, match="was changed"):
        signer().check(read_review(plan), plan)


def test_who_has_not_the_passphrase_signs_nothing(plan: Path) -> None:
    made = signer("another").begin(plan, "churn-prod", "anna@laptop", AT)
    with pytest.raises(PlanError) as caught:
        signer().check(made, plan)
    assert "PULUMI_CONFIG_PASSPHRASE" in str(caught.value.hint)


def test_a_plan_without_a_record_says_how_one_is_made(plan: Path) -> None:
    with pytest.raises(PlanError, match="Nobody stands behind") as caught:
        read_review(plan)
    assert "--save-plan" in str(caught.value.hint)


class KeySeal(PassphraseSeal):
    """As KMS's: authors have no right to it."""

    authors = False


def test_where_authors_do_not_sign_the_approval_says_whose_plan_it_is(plan: Path) -> None:
    keeper = Signer(KeySeal(lambda: "secret"))
    made = keeper.begin(plan, "churn-prod", "anna@laptop", AT)
    assert made.made.signature == ""
    keeper.check(made, plan)
    review = keeper.approve(made, "ben@desk", AT, "")
    keeper.check(review, plan)
    for change in ({"by": "dora@desk"}, {"at": "2026-12-01T12:00:00Z"}):
        with pytest.raises(PlanError, match="was changed"):
            keeper.check(replace(review, made=replace(review.made, **change)), plan)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "made": {}}'])
def test_what_is_no_record_is_refused(plan: Path, text: str) -> None:
    review_file(plan).write_text(text)
    with pytest.raises(PlanError, match="no record"):
        read_review(plan)
