"""aws:efs/accessPoint:AccessPoint."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import decode
from mlops_iac.cloud.handlers.efs.file_system import TAGS
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class AccessPoint(Resource):
    """CreateAccessPoint, DescribeAccessPoints, DeleteAccessPoint. Only its tags can change. After a crash it is found
    by its file system and its tags."""

    type = "aws:efs/accessPoint:AccessPoint"
    service = "efs"
    create_op, read_op, delete_op = "CreateAccessPoint", "DescribeAccessPoints", "DeleteAccessPoint"
    required = frozenset({"fileSystemId"})
    name_input, prefix_input = "", ""
    replace_on = frozenset({"fileSystemId", "posixUser", "rootDirectory"})
    id_from = "id"
    key = {"AccessPointId": "id"}
    read_item = "AccessPoints[0]"
    computed = {"id": "AccessPointId", "arn": "AccessPointArn", "ownerId": "OwnerId"}
    formats = {"fileSystemArn": "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}"}
    tags = TAGS

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        wanted = dict(inputs.get("tags") or {})
        if not wanted:
            return None
        answer = self.api(scope, inputs)(self.read_op, FileSystemId=inputs["fileSystemId"])
        there = next((one for one in answer["AccessPoints"] if decode(one.get("Tags") or []) == wanted), None)
        return self.read(scope, there["AccessPointId"], inputs) if there else None
