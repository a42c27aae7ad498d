"""aws:s3/vectorsIndex:VectorsIndex."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope

SETTLED = ("dataType", "dimension", "distanceMetric", "encryptionConfigurations", "metadataConfiguration")


class VectorsIndex(Resource):
    """CreateIndex, GetIndex, DeleteIndex. What it is set to cannot change: another dimension is another index, and
    the vectors go with the old one."""

    type = "aws:s3/vectorsIndex:VectorsIndex"
    service = "s3vectors"
    create_op, read_op, delete_op = "CreateIndex", "GetIndex", "DeleteIndex"
    references = {"encryptionConfigurations.kmsKeyArn": "key"}
    required = frozenset({"dataType", "dimension", "distanceMetric", "indexName", "vectorBucketName"})
    name_input, name_limit, prefix_input = "indexName", 63, ""
    identity = ("vectorBucketName", "indexName")
    replace_on = frozenset(SETTLED)
    id_from = "indexArn"
    key = {"indexArn": "indexArn"}
    read_item = "index"
    computed = {"indexArn": "indexArn", "creationTime": "creationTime"}
    refreshed = {"dimension": "dimension", "distanceMetric": "distanceMetric"}
    formats = {"indexArn": "arn:{partition}:s3vectors:{region}:{account}:bucket/{vectorBucketName}/index/{indexName}"}
    tags = TagCalls(key=("resourceArn", "indexArn"), list="ListTagsForResource", answer="tags")
    create_calls = 3

    def finish(self, api: Api, scope: Scope, outputs: dict[str, object]) -> None:
        found = api("GetIndex", indexArn=outputs["indexArn"])["index"]
        outputs.update(self._picked({"creationTime": "creationTime"}, found))
