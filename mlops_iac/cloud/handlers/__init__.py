"""Every resource type that the embedded cloud offers. Adding one is a file in a service's folder and a line in the table.

The table is names, not classes: a handler is imported when the first resource of its type is met, so that a command that
deploys nothing pays for none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlops_iac.cloud.handlers._base import Resource

HANDLERS: Final[Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs.log_group",
    "aws:iam/role:Role": "iam.role",
    "aws:kms/alias:Alias": "kms.alias",
    "aws:kms/key:Key": "kms.key",
    "aws:s3/bucket:Bucket": "s3.bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "s3.lifecycle",
    "aws:s3/bucketLogging:BucketLogging": "s3.logging",
    "aws:s3/bucketNotification:BucketNotification": "s3.notification",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "s3.ownership_controls",
    "aws:s3/bucketPolicy:BucketPolicy": "s3.policy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "s3.public_access_block",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "s3.encryption",
    "aws:s3/bucketVersioning:BucketVersioning": "s3.versioning",
}
"""Pulumi's type token to the module of its handler; the class in it is the last part of the token. Sorted."""


def handler_class(type: str) -> type[Resource] | None:
    """The handler of a type, or None."""
    module = HANDLERS.get(type)
    if module is None:
        return None
    found = importlib.import_module(f"{__name__}.{module}")
    return getattr(found, type.rsplit(":", 1)[-1])  # type: ignore[no-any-return]
