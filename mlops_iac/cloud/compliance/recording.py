"""Recorders and delivery channels: what AWS looks at when one is made, and moto takes for granted.

A channel is tried at once: Config writes a file into the bucket, if the bucket's policy, and the key's, let it.
https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.iam.policies import find_bucket
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.managed_rules import LINKED_ROLE

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "config.amazonaws.com"
TRIED: Final = "ConfigWritabilityCheckFile"


class Recording:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        self._gateway.before("config", "PutConfigurationRecorder", self._check_recorder)
        self._gateway.before("config", "PutDeliveryChannel", self._check_channel)

    def _check_recorder(self, call: Call) -> None:
        asked = call.params["ConfigurationRecorder"]
        mode = asked.get("recordingMode") or {}
        if mode.get("recordingFrequency", "CONTINUOUS") != "CONTINUOUS" or mode.get("recordingModeOverrides"):
            raise AwsError("NotImplemented", "The embedded cloud's recorder records continuously only.", 501)
        role = asked.get("roleARN") or ""
        if role.endswith(f":role/{LINKED_ROLE}"):
            return  # AWS's own role, which is there by AWS's doing
        try:
            self._gateway.roles.check(role, SERVICE)
        except CannotAssume as error:
            raise AwsError("InvalidRoleException", f"The role cannot be assumed by {SERVICE}: {error}") from error

    def _check_channel(self, call: Call) -> None:
        asked = call.params["DeliveryChannel"]
        for option in ("snsTopicARN", "configSnapshotDeliveryProperties"):
            if asked.get(option):
                message = f"The embedded cloud's delivery channels do not offer {option}."
                raise AwsError("NotImplemented", message, 501)
        if not _has_recorder(call):
            message = "Configuration recorder is not available to put delivery channel."
            raise AwsError("NoAvailableConfigurationRecorderException", message)
        bucket = asked.get("s3BucketName", "")
        with self._gateway.locked("s3"):
            if find_bucket(bucket) is None:
                message = f"Cannot find a S3 bucket with an empty bucket name, or named {bucket!r}."
                raise AwsError("NoSuchBucketException", message)
        prefix = f"{asked['s3KeyPrefix']}/" if asked.get("s3KeyPrefix") else ""
        self._try(call, bucket, f"{prefix}AWSLogs/{call.account_id}/Config/{TRIED}", asked.get("s3KmsKeyArn"))

    def _try(self, call: Call, bucket: str, key: str, encrypted_by: str | None) -> None:
        source, whole = call.arn("config", "*"), f"arn:{partition_of(call.region)}:s3:::{bucket}"
        wanted = [("s3:GetBucketAcl", whole), ("s3:ListBucket", whole), ("s3:PutObject", f"{whole}/{key}")]
        if encrypted_by:
            wanted += [("kms:GenerateDataKey", encrypted_by), ("kms:Decrypt", encrypted_by)]
        try:
            for action, resource in wanted:
                self._gateway.roles.require_by_policy(SERVICE, action, resource, source)
        except AwsError as error:
            message = (
                f"Insufficient delivery policy to s3 bucket: {bucket}, unable to write to bucket, provided s3 key "
                f"prefix is '{key.partition('AWSLogs/')[0]}', provided kms key is '{encrypted_by or 'null'}'."
            )
            raise AwsError("InsufficientDeliveryPolicyException", message) from error
        said: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encrypted_by} if encrypted_by else {}
        owner = self._gateway.token.owner
        own = Clients.embedded(self._gateway.endpoint, call.region, call.account_id, credentials=owner)
        own("s3").put_object(Bucket=bucket, Key=key, Body=b"", ChecksumAlgorithm="SHA256", **said)


def _has_recorder(call: Call) -> bool:
    from moto.config.models import config_backends

    return bool(config_backends[call.account_id][call.region].recorders)
