"""The resources of a data lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_aws.athena import Workgroup
from pulumi_aws.glue import CatalogDatabase, CatalogTable
from pulumi_aws.s3 import (
    Bucket,
    BucketLifecycleConfiguration,
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketVersioning,
)


@dataclass(frozen=True, kw_only=True)
class DataLakeNodes:
    bucket: Bucket
    ownership: BucketOwnershipControls
    access: BucketPublicAccessBlock
    versioning: BucketVersioning
    encryption: BucketServerSideEncryptionConfiguration
    lifecycle: BucketLifecycleConfiguration
    policy: BucketPolicy
    catalog: CatalogDatabase
    tables: Mapping[str, CatalogTable]
    queries: Workgroup
