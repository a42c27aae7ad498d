"""Nobody reads a bucket in clear on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import Statement, statements
from mlops_iac.policy.policy import Policy, Violation, beside, example
from mlops_iac.policy.resource import Resource, World

BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
DENIES = {
    "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
}


class S3Tls(Policy):
    name = "s3-tls"
    wants = "A bucket refuses requests without TLS."
    why = "Data would pass every network on the way in clear."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (BUCKET,)
    remedy = "add a statement to its policy that denies everything where aws:SecureTransport is false."
    sources = ("Security Hub S3.5", "CIS AWS Foundations 3.0.0 2.1.1")
    breaks = (
        example(BUCKET, {"bucket": "lake"}),
        example(BUCKET, {"bucket": "lake"}, beside(POLICY, bucket="lake", policy="{}")),
    )
    keeps = (example(BUCKET, {"bucket": "lake"}, beside(POLICY, bucket="lake", policy=DENIES)),)

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        found = world.beside(resource, POLICY, "bucket")
        if not found:
            yield Violation(detail="It has no policy, so it answers without TLS.")
        for policy in found:
            if policy.document("policy") is not None and not any(_denies(one) for _, one in statements(policy)):
                yield Violation(detail=f"`{policy.name}` does not deny requests without TLS.")


def _denies(statement: Statement) -> bool:
    return not statement.allows and "aws:securetransport" in statement.condition_keys()
