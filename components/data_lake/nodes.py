"""The resources of a data lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_aws.athena import Workgroup
from pulumi_aws.glue import CatalogDatabase, CatalogTable
from pulumi_aws.s3 import BucketObjectLockConfiguration

from mlops_iac.components.closing import BucketNodes


@dataclass(frozen=True, kw_only=True)
class DataLakeNodes(BucketNodes):
    lock: BucketObjectLockConfiguration | None
    """None without retention."""
    catalog: CatalogDatabase
    tables: Mapping[str, CatalogTable]
    queries: Workgroup
