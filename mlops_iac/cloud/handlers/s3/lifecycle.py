"""aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3._part import OWNER, BucketPart


class BucketLifecycleConfiguration(BucketPart):
    """PutBucketLifecycleConfiguration, GetBucketLifecycleConfiguration, DeleteBucketLifecycle.

    A read compares ids and statuses of the rules only: moto loses size filters and version counts. Nothing
    expires here.
    """

    type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    create_op, read_op = "PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration"
    delete_op = "DeleteBucketLifecycle"
    wrapped = "LifecycleConfiguration"
    renames = {"rules.id": "ID", "rules.prefix": "Prefix"}
    ignores = {**OWNER, "timeouts": "every call here answers at once."}
    required = frozenset({"bucket", "rules"})
