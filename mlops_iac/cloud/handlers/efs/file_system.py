"""aws:efs/fileSystem:FileSystem."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

TAGS = TagCalls(key=("ResourceId", "id"), list="ListTagsForResource")


class FileSystem(Resource):
    """CreateFileSystem, DescribeFileSystems, UpdateFileSystem for throughput, DeleteFileSystem. How it is encrypted and
    where it lies cannot change; its files go with it. A read refreshes throughput and tags."""

    type = "aws:efs/fileSystem:FileSystem"
    service = "efs"
    create_op, read_op = "CreateFileSystem", "DescribeFileSystems"
    update_op, delete_op = "UpdateFileSystem", "DeleteFileSystem"
    ignores = {
        "lifecyclePolicies": "files are in one class of storage here.",
        "protection": "nothing is replicated here.",
    }
    references = {"kmsKeyId": "key"}
    name_input, name_limit, prefix_input = "creationToken", 64, ""
    replace_on = frozenset({"availabilityZoneName", "encrypted", "kmsKeyId", "performanceMode"})
    id_from = "id"
    key = {"FileSystemId": "id"}
    read_item = "FileSystems[0]"
    computed = {
        "id": "FileSystemId",
        "arn": "FileSystemArn",
        "ownerId": "OwnerId",
        "numberOfMountTargets": "NumberOfMountTargets",
    }
    refreshed = {"throughputMode": "ThroughputMode"}
    formats = {"dnsName": "{id}.efs.{region}.amazonaws.com"}
    defaults = {"throughputMode": "bursting"}
    tags = TAGS
    create_calls = 2

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        found = self.api(scope, inputs)(self.read_op, CreationToken=inputs["creationToken"])["FileSystems"]
        return self.read(scope, found[0]["FileSystemId"], inputs) if found else None

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        changeable = {key: inputs[key] for key in ("throughputMode", "provisionedThroughputInMibps") if key in inputs}
        return super().update_params(scope, changeable, outputs)
