"""What is overwritten can be brought back."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import Violation, beside, example
from mlops_iac.policy.resource import Resource

BUCKET = "aws:s3/bucket:Bucket"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


class S3Versioning(BesidePolicy):
    name = "s3-versioning"
    wants = "A bucket keeps versions of its objects."
    why = "A run that writes to the wrong place destroys what it was trained on."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (BUCKET,)
    remedy = "give it a BucketVersioning with the status Enabled."
    sources = ("Security Hub S3.14", "ML Lens 2022 MLSEC-05")
    other = VERSIONING
    speaks_by = "bucket"
    detail = "It keeps no versions."
    breaks = (
        example(BUCKET, {"bucket": "lake"}),
        example(
            BUCKET,
            {"bucket": "lake"},
            beside(VERSIONING, bucket="lake", versioningConfiguration={"status": "Suspended"}),
        ),
    )
    keeps = (
        example(
            BUCKET, {"bucket": "lake"}, beside(VERSIONING, bucket="lake", versioningConfiguration={"status": "Enabled"})
        ),
    )

    def check_beside(self, other: Resource) -> Iterator[Violation]:
        if other.differs("versioningConfiguration.status", "Enabled"):
            yield Violation(detail=f"`{other.name}` does not enable it.")
