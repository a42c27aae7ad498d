"""Objects lie under the environment's key."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import Violation, beside, example
from mlops_iac.policy.resource import Resource

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


class S3Encryption(BesidePolicy):
    name = "s3-encryption"
    wants = "A bucket encrypts objects with a key of ours unless they say otherwise."
    why = "Data could be read with rights on the bucket alone."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (BUCKET,)
    remedy = "give it a BucketServerSideEncryptionConfiguration with aws:kms and the key."
    setting = "security"
    sources = ("Security Hub S3.17",)
    other = ENCRYPTION
    speaks_by = "bucket"
    detail = "It names no key."
    breaks = (
        example(BUCKET, {"bucket": "lake"}),
        example(
            BUCKET,
            {"bucket": "lake"},
            beside(
                ENCRYPTION, bucket="lake", rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
            ),
        ),
    )
    keeps = (
        example(
            BUCKET,
            {"bucket": "lake"},
            beside(
                ENCRYPTION, bucket="lake", rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]
            ),
        ),
    )

    def check_beside(self, other: Resource) -> Iterator[Violation]:
        algorithm = "rules.applyServerSideEncryptionByDefault.sseAlgorithm"
        if all(other.differs(algorithm, one) for one in ("aws:kms", "aws:kms:dsse")):
            yield Violation(detail=f"`{other.name}` names no key of KMS.")
