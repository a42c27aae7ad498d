"""aws:s3/bucketV2:BucketV2."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3.bucket import Bucket


class BucketV2(Bucket):
    """The name that Bucket had in pulumi-aws 6 for what is Bucket in pulumi-aws 7."""

    type = "aws:s3/bucketV2:BucketV2"
