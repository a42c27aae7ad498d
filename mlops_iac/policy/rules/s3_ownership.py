"""Objects belong to the bucket's owner, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import Violation, beside, example
from mlops_iac.policy.resource import Resource

BUCKET = "aws:s3/bucket:Bucket"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"


class S3Ownership(BesidePolicy):
    name = "s3-ownership"
    wants = "A bucket knows no access lists."
    why = "An object can carry a list that lets in somebody whom no policy names."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (BUCKET,)
    remedy = "give it BucketOwnershipControls with BucketOwnerEnforced."
    sources = ("Security Hub S3.12",)
    other = OWNERSHIP
    speaks_by = "bucket"
    detail = "Nothing switches its access lists off."
    breaks = (
        example(BUCKET, {"bucket": "lake"}),
        example(BUCKET, {"bucket": "lake"}, beside(OWNERSHIP, bucket="lake", rule={"objectOwnership": "ObjectWriter"})),
    )
    keeps = (
        example(
            BUCKET,
            {"bucket": "lake"},
            beside(OWNERSHIP, bucket="lake", rule={"objectOwnership": "BucketOwnerEnforced"}),
        ),
    )

    def check_beside(self, other: Resource) -> Iterator[Violation]:
        if other.differs("rule.objectOwnership", "BucketOwnerEnforced"):
            yield Violation(detail=f"`{other.name}` leaves them on.")
