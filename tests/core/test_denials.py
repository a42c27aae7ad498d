"""A refusal of IAM says what to grant, whichever service tells it."""

from __future__ import annotations

import pytest

from mlops_iac.core.denials import explain_denial

JOB = "arn:aws:sts::123456789012:assumed-role/screening-dev-job/SageMaker"
SAID = f"User: {JOB} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::lake/raw/a.csv "


@pytest.mark.parametrize(
    ("why", "hint"),
    [
        (
            "because no identity-based policy allows the s3:GetObject action",
            "grant the role screening-dev-job `s3:GetObject` on `arn:aws:s3:::lake/raw/a.csv`: by the component",
        ),
        ("because no permissions boundary allows the s3:GetObject action", "the permissions boundary of the role"),
        ("with an explicit deny in a resource-based policy", "a resource-based policy denies `s3:GetObject`"),
        ("because no resource-based policy allows the s3:GetObject action", "the policy of the resource must let"),
    ],
)
def test_the_hint_follows_what_refused(why, hint):
    assert hint in explain_denial(f"ClientError: Data download failed: {SAID}{why} (AccessDenied)")


def test_a_refusal_without_a_resource_is_understood_too():
    text = f"User: {JOB} is not authorized to perform: ecr:GetAuthorizationToken because it is so"
    assert explain_denial(text).startswith("grant the role screening-dev-job `ecr:GetAuthorizationToken`: ")


def test_another_failure_has_no_such_hint():
    assert explain_denial("AlgorithmError: ModuleNotFoundError: no module named `lightgbm`") == ""
