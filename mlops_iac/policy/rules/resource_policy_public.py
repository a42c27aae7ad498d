"""Nobody outside the account is let in by a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import ATTACHED, Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import example
from mlops_iac.policy.resource import Resource

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ALL = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


class ResourcePolicyPublic(StatementPolicy):
    name = "resource-policy-public"
    wants = "No policy of a bucket, key, topic, queue, secret or repository lets in everybody."
    why = "Everybody is the whole internet, with any account."
    severity = Severity.ERROR
    types = tuple(ATTACHED)
    remedy = "name the principals, or bind them by a condition such as aws:PrincipalOrgID."
    sources = (
        "Security Hub S3.2",
        "Security Hub S3.3",
        "Security Hub KMS.5",
        "Security Hub SNS.4",
        "Security Hub SQS.3",
    )
    breaks = (example(BUCKET_POLICY, {"policy": {"Statement": ALL}}),)
    keeps = (
        example(BUCKET_POLICY, {"policy": {"Statement": {**ALL, "Effect": "Deny"}}}),
        example(BUCKET_POLICY, {"policy": {"Statement": {**ALL, "Principal": {"AWS": "arn:aws-cn:iam::1:root"}}}}),
        example(
            BUCKET_POLICY,
            {"policy": {"Statement": {**ALL, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}}},
        ),
    )

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        if statement.allows and ("AWS", "*") in statement.principals and not statement.conditions:
            yield "lets in everybody."
