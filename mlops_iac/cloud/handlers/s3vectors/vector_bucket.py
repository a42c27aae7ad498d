"""aws:s3/vectorsVectorBucket:VectorsVectorBucket."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

TAGS = TagCalls(key=("resourceArn", "vectorBucketArn"), list="ListTagsForResource", answer="tags")


class VectorsVectorBucket(Resource):
    """CreateVectorBucket, GetVectorBucket, DeleteVectorBucket. ``forceDestroy`` deletes the indexes in it, with their
    vectors, before it."""

    type = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
    service = "s3vectors"
    create_op, read_op, delete_op = "CreateVectorBucket", "GetVectorBucket", "DeleteVectorBucket"
    extras = frozenset({"forceDestroy"})
    references = {"encryptionConfigurations.kmsKeyArn": "key"}
    required = frozenset({"vectorBucketName"})
    name_input, name_limit, prefix_input = "vectorBucketName", 63, ""
    replace_on = frozenset({"encryptionConfigurations"})
    id_from = "vectorBucketArn"
    key = {"vectorBucketArn": "vectorBucketArn"}
    read_item = "vectorBucket"
    computed = {"vectorBucketArn": "vectorBucketArn", "creationTime": "creationTime"}
    formats = {"vectorBucketArn": "arn:{partition}:s3vectors:{region}:{account}:bucket/{vectorBucketName}"}
    tags = TAGS
    create_calls = 3

    def finish(self, api: Api, scope: Scope, outputs: dict[str, object]) -> None:
        """When it was made, and how it is encrypted where nobody said."""
        found = api("GetVectorBucket", vectorBucketArn=outputs["vectorBucketArn"])["vectorBucket"]
        outputs.update(self._picked({"creationTime": "creationTime"}, found))

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if outputs.get("forceDestroy"):
            found = api.maybe("ListIndexes", vectorBucketArn=outputs["vectorBucketArn"]) or {}
            while found.get("indexes"):
                for index in found["indexes"]:
                    api.maybe("DeleteIndex", indexArn=index["indexArn"])
                found = api.maybe("ListIndexes", vectorBucketArn=outputs["vectorBucketArn"]) or {}
        super().remove(api, scope, outputs)
