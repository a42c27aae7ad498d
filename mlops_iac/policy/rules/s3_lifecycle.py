"""Old versions and half uploads go."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import beside, example

BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


class S3Lifecycle(BesidePolicy):
    name = "s3-lifecycle"
    wants = "A bucket has lifecycle rules."
    why = "It costs more each month, and data stays that somebody asked to be deleted."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (BUCKET,)
    remedy = "give it a BucketLifecycleConfiguration."
    setting = "options.retention_days"
    sources = ("Security Hub S3.13",)
    other = LIFECYCLE
    speaks_by = "bucket"
    detail = "It has no lifecycle rules."
    breaks = (example(BUCKET, {"bucket": "lake"}),)
    keeps = (example(BUCKET, {"bucket": "lake"}, beside(LIFECYCLE, bucket="lake", rules=[{"status": "Enabled"}])),)
