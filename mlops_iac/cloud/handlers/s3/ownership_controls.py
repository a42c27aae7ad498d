"""aws:s3/bucketOwnershipControls:BucketOwnershipControls."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3._part import BucketPart


class BucketOwnershipControls(BucketPart):
    """PutBucketOwnershipControls, GetBucketOwnershipControls, DeleteBucketOwnershipControls."""

    type = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    create_op, read_op = "PutBucketOwnershipControls", "GetBucketOwnershipControls"
    delete_op = "DeleteBucketOwnershipControls"
    wrapped = "OwnershipControls"
    ignores = {}
    required = frozenset({"bucket", "rule"})
    read_item = "OwnershipControls"
    refreshed = {"rule": "Rules[0].{objectOwnership: ObjectOwnership}"}
