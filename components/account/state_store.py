"""Where the Pulumi CLI keeps the states of an account's stacks: a private bucket that forgets nothing for a year."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketVersioning,
)

from mlops_iac.components._kit import Component, Grant, KeyRef, Named, buckets, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.closing import BucketNodes, close

__all__ = ["StateStore", "StateStoreArgs", "StateStoreNodes"]

# Idle cost: nothing. A state is some hundred kilobytes.

READ = ("s3:GetObject", "s3:GetObjectVersion")
WRITE = ("s3:DeleteObject", "s3:PutObject")
LIST = ("s3:GetBucketLocation", "s3:ListBucket")
DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
"""Objects, and by ``awskms://`` the secrets in them."""
SPOIL = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)
"""By which somebody could lose a state, or read others'."""
UPLOAD_DAYS = 3


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """What an account may say about its states."""

    key: KeyRef | None = None
    """Encrypts the states, and the secrets in them. Left out: S3 encrypts the states; secrets need a passphrase."""
    keep_versions_days: int = 365
    """How long a state that was written over, or deleted, can still be had. Left out: a year."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `StateStoreNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class StateStoreNodes(BucketNodes):
    """No more than that."""


class StateStore(Component):
    """One bucket: versioned, encrypted, by TLS only, never public."""

    Nodes = StateStoreNodes

    def __init__(
        self, place: Named, args: StateStoreArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or StateStoreArgs()
        super().__init__(place, args.transforms, opts)
        bucket = self.make("bucket", Bucket, {"force_destroy": not self.site.protected}, called=self.place.name)
        of = {"bucket": bucket.bucket}
        closed = close(self, bucket, args.key)
        lifecycle = self._create_lifecycle(of, closed.versioning, args)
        guard = self._create_policy(of, bucket, closed.access)

        self.nodes = StateStoreNodes(
            bucket=bucket,
            **closed._asdict(),
            lifecycle=lifecycle,
            policy=guard,
        )
        self.bucket_name: pulumi.Output[str] = bucket.bucket
        self.backend_url = pulumi.Output.concat("s3://", bucket.bucket, f"?region={self.site.region}&awssdk=v2")
        self._arn, self._key = bucket.arn, args.key
        self.register_outputs({"bucket_name": bucket.bucket, "backend_url": self.backend_url})

    def reading(self) -> list[Grant]:
        """Previews: the states, and the secrets in them."""
        found = [self.allow("read", READ, (self._objects,)), self.allow("list", LIST, (self._arn,))]
        return found + ([self.allow("decrypt", DECRYPT, (self._key.arn,))] if self._key else [])

    def writing(self) -> list[Grant]:
        """Changes: the same, and new states and locks; what was there before stays as a version."""
        found = [self.allow("write", (*READ, *WRITE), (self._objects,)), self.allow("list", LIST, (self._arn,))]
        return found + ([self.allow("encrypt", ENCRYPT, (self._key.arn,))] if self._key else [])

    def guarding(self) -> list[Grant]:
        """What whoever deploys is denied, whatever else he may do with buckets."""
        whole = (self._arn, self._objects)
        return [Grant(owner=self.place.name, what="guard", actions=SPOIL, resources=whole, effect="Deny")]

    @property
    def _objects(self) -> pulumi.Output[str]:
        return pulumi.Output.concat(self._arn, "/*")

    def _create_lifecycle(
        self, of: dict[str, Any], versioning: BucketVersioning, args: StateStoreArgs
    ) -> BucketLifecycleConfiguration:
        rules = [
            buckets.rule(
                "abandoned-uploads", "", abort_incomplete_multipart_upload={"days_after_initiation": UPLOAD_DAYS}
            ),
            buckets.rule(
                "old-versions", "", noncurrent_version_expiration={"noncurrent_days": args.keep_versions_days}
            ),
        ]
        return self.make("lifecycle", BucketLifecycleConfiguration, {**of, "rules": rules}, depends_on=[versioning])

    def _create_policy(self, of: dict[str, Any], bucket: Bucket, public: BucketPublicAccessBlock) -> BucketPolicy:
        # S3 refuses two changes of one bucket's access settings at the same time (OperationAborted).
        props = {**of, "policy": render(policy([buckets.tls_only(bucket.arn)]))}
        return self.make("policy", BucketPolicy, props, depends_on=[public])
