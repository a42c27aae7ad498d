"""aws:s3/bucketObjectv2:BucketObjectv2."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3.object import BucketObject


class BucketObjectv2(BucketObject):
    """As BucketObject, with a checksum of the sender's choice. Its own default tags (``overrideProvider``) are
    refused."""

    type = "aws:s3/bucketObjectv2:BucketObjectv2"
