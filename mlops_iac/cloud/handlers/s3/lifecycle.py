"""aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import search
from mlops_iac.cloud.handlers.s3._part import OWNER, BucketPart
from mlops_iac.engine.handler import Scope

_RULES = (
    "Rules[].{id: ID, status: Status, filter: {prefix: Filter.Prefix || Prefix || ''}"
    ", expiration: Expiration.{days: Days}"
    ", abortIncompleteMultipartUpload: AbortIncompleteMultipartUpload.{daysAfterInitiation: DaysAfterInitiation}"
    ", noncurrentVersionExpiration: NoncurrentVersionExpiration.{noncurrentDays: NoncurrentDays}}"
)
_SEEN = (
    "[].{id: id, status: status, prefix: filter.prefix || prefix || '', days: expiration.days"
    ", abort: abortIncompleteMultipartUpload.daysAfterInitiation"
    ", noncurrent: noncurrentVersionExpiration.noncurrentDays}"
)
"""Of a rule, what moto gives back whatever the rule is: this is what a read compares."""


class BucketLifecycleConfiguration(BucketPart):
    """PutBucketLifecycleConfiguration, GetBucketLifecycleConfiguration, DeleteBucketLifecycle.

    A read compares ids, statuses, prefixes and days: moto loses size filters and version counts. Nothing expires here.
    """

    type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    create_op, read_op = "PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration"
    delete_op = "DeleteBucketLifecycle"
    wrapped = "LifecycleConfiguration"
    renames = {"rules.id": "ID", "rules.prefix": "Prefix"}
    ignores = {**OWNER, "timeouts": "every call here answers at once."}
    required = frozenset({"bucket", "rules"})

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        rules = search(_RULES, item) or []
        if _days(search(_SEEN, rules)) != _days(search(_SEEN, outputs.get("rules") or [])):
            outputs["rules"] = [{key: value for key, value in rule.items() if value is not None} for rule in rules]


def _days(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers may have been written as text."""
    return [{key: str(value) for key, value in rule.items()} for rule in rules]
