"""aws:s3/bucketPolicy:BucketPolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3._part import BucketPart


class BucketPolicy(BucketPart):
    """PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy. The policy is kept, not enforced: the embedded cloud
    authorises nobody."""

    type = "aws:s3/bucketPolicy:BucketPolicy"
    create_op, read_op, delete_op = "PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"
    ignores = {}
    required = frozenset({"bucket", "policy"})
    documents = frozenset({"policy"})
    refreshed = {"policy": "Policy"}
