"""How a component with one bucket closes it: children of four kinds, as every such component makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketVersioning,
)

from mlops_iac.components._kit import Component, KeyRef, buckets


@dataclass(frozen=True, kw_only=True)
class BucketNodes:
    """The children that a component with one bucket has in any case."""

    bucket: Bucket
    ownership: BucketOwnershipControls
    access: BucketPublicAccessBlock
    versioning: BucketVersioning
    encryption: BucketServerSideEncryptionConfiguration
    lifecycle: BucketLifecycleConfiguration
    policy: BucketPolicy


class Closed(NamedTuple):
    ownership: BucketOwnershipControls
    access: BucketPublicAccessBlock
    versioning: BucketVersioning
    encryption: BucketServerSideEncryptionConfiguration


def close(owner: Component, bucket: Bucket, key: KeyRef | None) -> Closed:
    """The children ``ownership``, ``access``, ``versioning`` and ``encryption`` of a component with one bucket."""
    of = {"bucket": bucket.bucket}
    encrypted = {**of, **buckets.encrypted_by(key)}
    return Closed(
        ownership=owner.make("ownership", BucketOwnershipControls, {**of, **buckets.OWNER_ENFORCED}),
        access=owner.make("access", BucketPublicAccessBlock, {**of, **buckets.NO_PUBLIC_ACCESS}),
        versioning=owner.make("versioning", BucketVersioning, {**of, **buckets.VERSIONED}),
        encryption=owner.make("encryption", BucketServerSideEncryptionConfiguration, encrypted),
    )
