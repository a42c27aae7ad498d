"""aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import BucketPart
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class BucketPublicAccessBlock(BucketPart):
    """PutPublicAccessBlock, GetPublicAccessBlock, DeletePublicAccessBlock."""

    type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    create_op, read_op, delete_op = "PutPublicAccessBlock", "GetPublicAccessBlock", "DeletePublicAccessBlock"
    wrapped = "PublicAccessBlockConfiguration"
    extras = frozenset({"skipDestroy"})
    ignores = {}
    required = frozenset({"bucket"})
    defaults = {
        "blockPublicAcls": False,
        "blockPublicPolicy": False,
        "ignorePublicAcls": False,
        "restrictPublicBuckets": False,
    }
    read_item = "PublicAccessBlockConfiguration"
    refreshed = {
        "blockPublicAcls": "BlockPublicAcls",
        "blockPublicPolicy": "BlockPublicPolicy",
        "ignorePublicAcls": "IgnorePublicAcls",
        "restrictPublicBuckets": "RestrictPublicBuckets",
    }

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if not outputs.get("skipDestroy"):
            super().remove(api, scope, outputs)
