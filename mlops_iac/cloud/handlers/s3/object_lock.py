"""aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import OWNER, BucketPart
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class BucketObjectLockConfiguration(BucketPart):
    """PutObjectLockConfiguration, GetObjectLockConfiguration. Object Lock cannot be taken from a bucket, so a delete
    takes only the rule by which new objects are locked, as Pulumi's does."""

    type = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    create_op, read_op = "PutObjectLockConfiguration", "GetObjectLockConfiguration"
    wrapped = "ObjectLockConfiguration"
    required = frozenset({"bucket"})
    defaults = {"objectLockEnabled": "Enabled"}
    choices = {"objectLockEnabled": ("Enabled",)}
    ignores = {**OWNER, "token": "no bucket needs AWS Support's leave here, nor on AWS since 2023."}
    read_item = "ObjectLockConfiguration"
    refreshed = {
        "rule": "Rule && {defaultRetention: {mode: Rule.DefaultRetention.Mode, days: Rule.DefaultRetention.Days, "
        "years: Rule.DefaultRetention.Years}}"
    }

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        bare: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
        api.maybe("PutObjectLockConfiguration", Bucket=outputs["bucket"], ObjectLockConfiguration=bare)
