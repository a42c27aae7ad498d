"""A trail of who did what: log files of CloudTrail, signed by digests, in a bucket of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws.cloudtrail import Trail as CloudTrail
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketObjectLockConfiguration,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketVersioning,
)

from mlops_iac.components._kit import Component, KeyRef, LakeRef, Named, Reach, TrailRef, buckets, policy, render
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.closing import BucketNodes, close
from mlops_iac.components.encryption import CLOUDTRAIL
from mlops_iac.core.retention import Retention

__all__ = ["Trail", "TrailArgs", "TrailNodes"]

# Idle cost: nothing. 0.10 $ for 100,000 data events; 2.00 $ for as many management events where the account has another
# trail that tells them.

LOGS: Final = "AWSLogs/"
"""Where CloudTrail writes."""
READ = ("s3:GetObject", "s3:GetObjectVersion")
PEOPLE: Declared = {"admin": (Reach(actions=READ, on=(f"{{stack}}-*/{LOGS}*",)),)}
OLD_DAYS: Final = 7
"""Of versions that were written over; CloudTrail writes each file once."""


@dataclass(frozen=True, kw_only=True)
class TrailArgs:
    """What a team may say about its trail."""

    lakes: Sequence[LakeRef]
    """Lakes whose every read and write is told, object by object."""
    management: bool = True
    """Whether calls that make, change or delete things, and uses of keys, are told: CloudTrail tells those of the whole
    account in this region, whoever's they are. Left out: they are."""
    key: KeyRef | None = None
    """Encrypts the log files; it must let the trail (`EncryptionArgs.trail`). Left out: encrypted by S3 itself."""
    keep_days: int | None = None
    """How long log files are kept. Left out: as long as other logs, and as long as they are locked."""
    retention: Retention | None = None
    """Object Lock of every log file as it is written. Left out: they are not locked."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `TrailNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class TrailNodes(BucketNodes):
    lock: BucketObjectLockConfiguration | None
    """None without retention."""
    trail: CloudTrail


class Trail(Component):
    """Log files that only CloudTrail writes and nobody deletes, with digests that tell whether one was changed."""

    Nodes = TrailNodes
    people = PEOPLE

    def __init__(self, place: Named, args: TrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        bucket = self.make("bucket", Bucket, {"force_destroy": not self.site.protected}, called=place.name)
        closed = close(self, bucket, args.key)
        lifecycle = self._create_lifecycle(bucket, closed.versioning, args)
        lock = self._create_lock(bucket, closed.versioning, args.retention) if args.retention else None
        guard = self._create_policy(bucket, closed.access)
        trail = self._create_trail(bucket, guard, args)

        self.nodes = TrailNodes(
            bucket=bucket, **closed._asdict(), lifecycle=lifecycle, lock=lock, policy=guard, trail=trail
        )
        self.ref = TrailRef(arn=trail.arn, bucket=bucket.bucket)
        self.register_outputs({"trail_arn": trail.arn, "bucket_name": bucket.bucket})

    def _create_lifecycle(
        self, bucket: Bucket, versioning: BucketVersioning, args: TrailArgs
    ) -> BucketLifecycleConfiguration:
        days = args.keep_days or max(self.site.log_days, args.retention.days if args.retention else 0)
        rules = [
            buckets.rule("logs", "", expiration={"days": days}),
            buckets.rule("old-versions", "", noncurrent_version_expiration={"noncurrent_days": OLD_DAYS}),
        ]
        props = {"bucket": bucket.bucket, "rules": rules}
        return self.make("lifecycle", BucketLifecycleConfiguration, props, depends_on=[versioning])

    def _create_lock(
        self, bucket: Bucket, versioning: BucketVersioning, retention: Retention
    ) -> BucketObjectLockConfiguration:
        """CloudTrail names no lock, so the bucket locks whatever comes."""
        default = {"mode": retention.mode.upper(), "days": retention.days}
        props = {
            "bucket": bucket.bucket,
            "object_lock_enabled": "Enabled",
            "rule": {"default_retention": default},
        }
        return self.make("lock", BucketObjectLockConfiguration, props, depends_on=[versioning])

    def _create_policy(self, bucket: Bucket, public: BucketPublicAccessBlock) -> BucketPolicy:
        """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""
        objects = pulumi.Output.concat(bucket.arn, "/", LOGS, self.site.account, "/*")
        statements = [
            self._let("TrailLooks", "s3:GetBucketAcl", bucket.arn),
            self._let("TrailWrites", "s3:PutObject", objects),
            buckets.denied("LogsDeleted", ["s3:DeleteObject", "s3:DeleteObjectVersion"], [objects]),
            buckets.tls_only(bucket.arn),
        ]
        props = {"bucket": bucket.bucket, "policy": render(policy(statements))}
        # S3 refuses two changes of one bucket's access settings at the same time (OperationAborted).
        return self.make("policy", BucketPolicy, props, depends_on=[public])

    def _let(self, sid: str, action: str, resource: pulumi.Input[str]) -> dict[str, Any]:
        """This trail alone: CloudTrail acts for everybody's."""
        own = self.site.arn("cloudtrail", f"trail/{self._trail_name}")
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": CLOUDTRAIL},
            "Action": [action],
            "Resource": [resource],
            "Condition": {"StringEquals": {"aws:SourceArn": own, "aws:SourceAccount": self.site.account_id}},
        }

    @property
    def _trail_name(self) -> str:
        return self.physical(CloudTrail.pulumi_type)

    def _create_trail(self, bucket: Bucket, guard: BucketPolicy, args: TrailArgs) -> CloudTrail:
        props = {
            "name": self._trail_name,
            "s3_bucket_name": bucket.bucket,
            "enable_log_file_validation": True,
            "is_multi_region_trail": False,
            "include_global_service_events": args.management,
            "advanced_event_selectors": [*_selectors(args)],
            **({"kms_key_id": args.key.arn} if args.key else {}),
        }
        return self.make("trail", CloudTrail, props, depends_on=[guard])


def _selectors(args: TrailArgs) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedEventSelector.html"""
    objects = [pulumi.Output.concat(lake.arn, "/") for lake in args.lakes]
    data = {
        "name": "Objects of the lake",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
            {"field": "resources.ARN", "starts_withs": objects},
        ],
    }
    management = {
        "name": "Changes, and uses of keys",
        "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}],
    }
    return [data, *([management] if args.management else [])]
