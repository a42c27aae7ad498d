"""How a trail writes into its bucket: as CloudTrail, if the bucket's and the key's policies let it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "cloudtrail.amazonaws.com"


class Writer:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def put(self, trail: Any, key: str, content: bytes, metadata: Mapping[str, str] | None = None) -> None:
        """One file, gzipped. Raises `AwsError` when a policy lets CloudTrail write it no more."""
        self._require("s3:PutObject", f"arn:{trail.partition}:s3:::{trail.bucket_name}/{key}", trail.arn)
        said: dict[str, Any] = {"ContentType": "application/json", "ContentEncoding": "gzip"}
        if trail.kms_key_id:
            self._require_key(trail.kms_key_id, trail.arn)
            said |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": trail.kms_key_id}
        s3 = self._gateway.clients(trail.region_name, trail.account_id)("s3")
        s3.put_object(
            Bucket=trail.bucket_name,
            Key=key,
            Body=gzip.compress(content),
            Metadata=dict(metadata or {}),
            ChecksumAlgorithm="SHA256",
            **said,
        )

    def check(self, call: Call) -> None:
        """CloudTrail looks at once whether it may write, and to the place it will."""
        name, bucket, key = call.params.get("Name", ""), call.params.get("S3BucketName"), call.params.get("KmsKeyId")
        arn = call.arn("cloudtrail", f"trail/{name.rpartition('/')[2]}")
        if bucket:
            self._check_bucket(call, bucket, arn)
        if key and not key.startswith("arn:"):
            raise AwsError("NotImplemented", "The embedded cloud's trails take a key by its ARN only.", 501)
        if key:
            try:
                self._require_key(key, arn)
            except AwsError as error:
                message = "Insufficient permissions to access S3 bucket or KMS key."
                raise AwsError("InsufficientEncryptionPolicyException", message) from error

    def _check_bucket(self, call: Call, bucket: str, arn: str) -> None:
        prefix = f"{call.params['S3KeyPrefix']}/" if call.params.get("S3KeyPrefix") else ""
        whole = f"arn:{partition_of(call.region)}:s3:::{bucket}"
        try:
            self._require("s3:GetBucketAcl", whole, arn)
            self._require("s3:PutObject", f"{whole}/{prefix}AWSLogs/{call.account_id}/CloudTrail", arn)
        except AwsError as error:
            raise AwsError(
                "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
            ) from error

    def _require(self, action: str, resource: str, trail: str) -> None:
        self._gateway.roles.require_by_policy(SERVICE, action, resource, trail)

    def _require_key(self, key: str, trail: str) -> None:
        context = {"aws:cloudtrail:arn": trail}
        self._gateway.roles.require_by_policy(SERVICE, "kms:GenerateDataKey", key, trail, context)


def all_trails(gateway: Gateway) -> Iterator[Any]:
    """Of every account and region."""
    import sys

    if "moto.cloudtrail.models" not in sys.modules:
        return
    from moto.cloudtrail.models import cloudtrail_backends

    with gateway.locked("cloudtrail"):
        found = [
            one for account in cloudtrail_backends.values() for backend in account.values()
            for one in backend.trails.values()
        ]  # fmt: skip
    yield from found
