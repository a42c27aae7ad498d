"""Grants are named actions on named resources."""

from __future__ import annotations

import pytest

from mlops_iac.components._kit import Grant
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.unscoped import UNSCOPED

BUCKET = "arn:aws:s3:::screening-dev-lake-0123abc/*"


def test_a_grant_is_a_statement_with_sorted_actions() -> None:
    grant = Grant(owner="lake", what="read", actions=("s3:ListBucket", "s3:GetObject"), resources=(BUCKET,))
    assert grant.statement() == {
        "Sid": "LakeRead",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [BUCKET],
    }


def test_conditions_are_part_of_the_statement() -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    grant = Grant(owner="lake", what="key", actions=("kms:Decrypt",), resources=("arn:aws:kms:x",), conditions=through)
    assert grant.statement()["Condition"] == through


@pytest.mark.parametrize(
    ("actions", "resources", "said"),
    [
        (("s3:*",), (BUCKET,), "`s3:*` has a wildcard"),
        (("s3:Get*",), (BUCKET,), "`s3:Get*` has a wildcard"),
        (("s3:GetObject",), ("*",), "`s3:GetObject` on every resource"),
        (("s3:GetObject", "ecr:GetAuthorizationToken"), ("*",), "`s3:GetObject` on every resource"),
        ((), (BUCKET,), "at least one action"),
        (("s3:GetObject",), (), "one resource"),
    ],
)
def test_a_grant_that_is_too_wide_is_refused(actions: tuple[str, ...], resources: tuple[str, ...], said: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        Grant(owner="lake", what="wide", actions=actions, resources=resources)
    assert said in caught.value.detail


@pytest.mark.parametrize("action", sorted(UNSCOPED))
def test_what_aws_cannot_scope_may_be_granted_and_has_a_reason(action: str) -> None:
    assert Grant(owner="lake", what="unscoped", actions=(action,), resources=("*",)).statement()["Resource"] == ["*"]
    assert len(UNSCOPED[action]) > 10


def test_a_sid_is_its_owner_and_what_it_allows_in_the_letters_that_iam_takes() -> None:
    grant = Grant(owner="churn-lake", what="read old", actions=("s3:GetObject",), resources=(BUCKET,))
    assert grant.sid == "ChurnLakeReadOld"
    with pytest.raises(BlueprintError, match="A grant is too wide"):
        Grant(owner="-", what="read", actions=("s3:GetObject",), resources=(BUCKET,))
