"""Which operations are data events, and which only read, as CloudTrail counts them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

READS: Final = ("Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Query", "Scan", "Select")

_READ_TOO: Final = frozenset(
    {
        ("kms", "Decrypt"), ("kms", "Encrypt"), ("kms", "GenerateDataKey"), ("kms", "Sign"), ("kms", "Verify"),
        ("kms", "GenerateDataKeyWithoutPlaintext"), ("sts", "AssumeRole"), ("sqs", "ReceiveMessage"),
    }
)  # fmt: skip
"""What uses something and changes nothing."""

_EVERY: Final = frozenset(
    {"cloudwatch", "dynamodbstreams", "sagemaker-runtime", "sagemaker-metrics", "sagemaker-featurestore-runtime"}
)
"""Services whose every operation is about data, or (CloudWatch's metrics) that CloudTrail does not show by itself."""

_S3_OBJECTS: Final = frozenset(
    {
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
        "DeleteObjects", "DeleteObjectTagging", "GetObject", "GetObjectAcl", "GetObjectAttributes",
        "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "HeadBucket", "HeadObject",
        "ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts", "PutObject",
        "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
        "SelectObjectContent", "UploadPart", "UploadPartCopy",
    }
)  # fmt: skip

_DATA: Final[Mapping[str, frozenset[str]]] = {
    "dynamodb": frozenset(
        {
            "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement", "GetItem",
            "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem",
        }
    ),
    "events": frozenset({"PutEvents"}),
    "lambda": frozenset({"Invoke", "InvokeAsync"}),
    "logs": frozenset({"FilterLogEvents", "GetLogEvents", "PutLogEvents"}),
    "s3": _S3_OBJECTS,
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility", "DeleteMessage", "DeleteMessageBatch", "ReceiveMessage", "SendMessage",
            "SendMessageBatch",
        }
    ),
    "stepfunctions": frozenset({"GetActivityTask"}),
}  # fmt: skip


def is_data(service: str, operation: str) -> bool:
    """Whether it is about data: written down only where a trail selects it."""
    return service in _EVERY or operation in _DATA.get(service, ())


def only_reads(service: str, operation: str) -> bool:
    """CloudTrail's ``readOnly``."""
    return operation.startswith(READS) or (service, operation) in _READ_TOO
