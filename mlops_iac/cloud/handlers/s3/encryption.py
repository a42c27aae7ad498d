"""aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3._part import BucketPart


class BucketServerSideEncryptionConfiguration(BucketPart):
    """PutBucketEncryption, GetBucketEncryption, DeleteBucketEncryption."""

    type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    create_op, read_op, delete_op = "PutBucketEncryption", "GetBucketEncryption", "DeleteBucketEncryption"
    wrapped = "ServerSideEncryptionConfiguration"
    required = frozenset({"bucket", "rules"})
    references = {"rules.applyServerSideEncryptionByDefault.kmsMasterKeyId": "key"}
    read_item = "ServerSideEncryptionConfiguration"
    refreshed = {
        "rules": (
            "Rules[].{applyServerSideEncryptionByDefault: ApplyServerSideEncryptionByDefault"
            ".{sseAlgorithm: SSEAlgorithm, kmsMasterKeyId: KMSMasterKeyID}, bucketKeyEnabled: BucketKeyEnabled}"
        )
    }
    create_calls = 2
