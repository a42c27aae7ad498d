"""aws:s3/bucketLogging:BucketLogging."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import OWNER, BucketPart
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class BucketLogging(BucketPart):
    """PutBucketLogging, GetBucketLogging; a delete puts an empty configuration. No access logs are written here."""

    type = "aws:s3/bucketLogging:BucketLogging"
    create_op, read_op = "PutBucketLogging", "GetBucketLogging"
    required = frozenset({"bucket", "targetBucket", "targetPrefix"})
    references = {"targetBucket": "bucket"}
    read_item = "LoggingEnabled"
    ignores = OWNER
    refreshed = {"targetBucket": "TargetBucket", "targetPrefix": "TargetPrefix"}
    extras = frozenset({"targetBucket", "targetPrefix"})
    create_calls = 2

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        target = {"TargetBucket": inputs["targetBucket"], "TargetPrefix": inputs["targetPrefix"]}
        return {"Bucket": inputs["bucket"], "BucketLoggingStatus": {"LoggingEnabled": target}}

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("PutBucketLogging", Bucket=outputs["bucket"], BucketLoggingStatus={})
