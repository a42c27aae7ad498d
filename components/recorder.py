"""A recorder of AWS Config: what an account's resources look like, told to a bucket that only Config writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.cfg import DeliveryChannel, RecorderStatus
from pulumi_aws.cfg import Recorder as ConfigRecorder
from pulumi_aws.s3 import Bucket, BucketLifecycleConfiguration, BucketPolicy, BucketPublicAccessBlock, BucketVersioning

from mlops_iac.components._kit import Component, KeyRef, Named, RecorderRef, buckets, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.closing import BucketNodes, close
from mlops_iac.components.encryption import CONFIG
from mlops_iac.core.managed_rules import LINKED_ROLE, RECORDED

__all__ = ["Recorder", "RecorderArgs", "RecorderNodes"]

# Idle cost: nothing. 0.003 $ for each change of a resource that is recorded.

OLD_DAYS = 7
"""Of versions that were written over; Config writes each file once."""


@dataclass(frozen=True, kw_only=True)
class RecorderArgs:
    """What a team may say about its recorder. A region of an account has one: where there is one, use that."""

    types: Sequence[str] = RECORDED
    """What is recorded, as AWS Config calls it. Left out: what our rules judge by their changes."""
    key: KeyRef | None = None
    """Encrypts what is delivered; it must let Config (`EncryptionArgs.config`). Left out: encrypted by S3 itself."""
    keep_days: int | None = None
    """How long files are kept. Left out: as long as logs."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `RecorderNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class RecorderNodes(BucketNodes):
    recorder: ConfigRecorder
    channel: DeliveryChannel
    status: RecorderStatus


class Recorder(Component):
    """Records what rules judge, in the role that AWS keeps for it, which no program owns
    (https://docs.aws.amazon.com/config/latest/developerguide/using-service-linked-roles.html)."""

    Nodes = RecorderNodes

    def __init__(
        self, place: Named, args: RecorderArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or RecorderArgs()
        super().__init__(place, args.transforms, opts)
        bucket = self.make("bucket", Bucket, {"force_destroy": not self.site.protected}, called=place.name)
        closed = close(self, bucket, args.key)
        lifecycle = self._create_lifecycle(bucket, closed.versioning, args)
        guard = self._create_policy(bucket, closed.access)
        recorder = self._create_recorder(args)
        channel = self._create_channel(bucket, guard, recorder, args)
        status = self.make("status", RecorderStatus, {"name": recorder.name, "is_enabled": True}, depends_on=[channel])

        self.nodes = RecorderNodes(
            bucket=bucket, **closed._asdict(), lifecycle=lifecycle, policy=guard, recorder=recorder, channel=channel,
            status=status,
        )  # fmt: skip
        self.ref = RecorderRef(name=recorder.name, on=status)
        self.register_outputs({"recorder_name": recorder.name, "bucket_name": bucket.bucket})

    def _create_lifecycle(
        self, bucket: Bucket, versioning: BucketVersioning, args: RecorderArgs
    ) -> BucketLifecycleConfiguration:
        rules = [
            buckets.rule("files", "", expiration={"days": args.keep_days or self.site.log_days}),
            buckets.rule("old-versions", "", noncurrent_version_expiration={"noncurrent_days": OLD_DAYS}),
        ]
        props = {"bucket": bucket.bucket, "rules": rules}
        return self.make("lifecycle", BucketLifecycleConfiguration, props, depends_on=[versioning])

    def _create_policy(self, bucket: Bucket, public: BucketPublicAccessBlock) -> BucketPolicy:
        """https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html: AWS's role may not write
        into buckets, so Config does it as itself."""
        files = pulumi.Output.concat(bucket.arn, "/AWSLogs/", self.site.account, "/Config/*")
        statements = [
            self._let("ConfigLooks", ["s3:GetBucketAcl", "s3:ListBucket"], bucket.arn),
            self._let("ConfigWrites", ["s3:PutObject"], files),
            buckets.tls_only(bucket.arn),
        ]
        props = {"bucket": bucket.bucket, "policy": render(policy(statements))}
        # S3 refuses two changes of one bucket's access settings at the same time (OperationAborted).
        return self.make("policy", BucketPolicy, props, depends_on=[public])

    def _let(self, sid: str, actions: list[str], resource: pulumi.Input[str]) -> dict[str, Any]:
        """For this account alone: Config acts for everybody's."""
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": CONFIG},
            "Action": actions,
            "Resource": [resource],
            "Condition": {"StringEquals": {"aws:SourceAccount": self.site.account_id}},
        }

    def _create_recorder(self, args: RecorderArgs) -> ConfigRecorder:
        props = {
            "name": self.physical(ConfigRecorder.pulumi_type),
            "role_arn": self.site.arn("iam", f"role/{LINKED_ROLE}", region=False),
            "recording_group": {"all_supported": False, "resource_types": sorted(args.types)},
        }
        return self.make("recorder", ConfigRecorder, props)

    def _create_channel(
        self, bucket: Bucket, guard: BucketPolicy, recorder: ConfigRecorder, args: RecorderArgs
    ) -> DeliveryChannel:
        props = {
            "name": self.physical(DeliveryChannel.pulumi_type),
            "s3_bucket_name": bucket.bucket,
            **({"s3_kms_key_arn": args.key.arn} if args.key else {}),
        }
        return self.make("channel", DeliveryChannel, props, depends_on=[guard, recorder])
