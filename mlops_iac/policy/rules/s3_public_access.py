"""Nobody outside the account reads a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Example, Policy, Violation
from mlops_iac.policy.resource import Resource, World

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class S3PublicAccess(Policy):
    name = "s3-public-access"
    wants = "All public access to a bucket is blocked."
    why = "One policy or ACL written in haste opens training data to everybody."
    severity = Severity.ERROR
    types = (BUCKET,)
    remedy = "give the bucket a BucketPublicAccessBlock with all four switches on."
    sources = ("Security Hub S3.8", "CIS AWS Foundations 3.0.0 2.1.4")
    breaks = (
        Example(resources=[Resource(type=BUCKET, name="lake", inputs={"bucket": "lake"})]),
        Example(
            resources=[
                Resource(type=BUCKET, name="lake", inputs={"bucket": "lake"}),
                Resource(type=BLOCK, name="block", inputs={"bucket": "lake", "blockPublicAcls": True}),
            ]
        ),
    )
    keeps = (
        Example(
            resources=[
                Resource(type=BUCKET, name="lake", inputs={"bucket": "lake"}),
                Resource(type=BLOCK, name="block", inputs={"bucket": "lake", **dict.fromkeys(SWITCHES, True)}),
            ]
        ),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        blocks = world.beside(resource, BLOCK, "bucket")
        if not blocks:
            yield Violation(detail="It has no public access block.")
        for block in blocks:
            off = [switch for switch in SWITCHES if block.differs(switch, True, default=False)]
            if off:
                yield Violation(detail=f"`{block.name}` leaves {', '.join(off)} off.")
