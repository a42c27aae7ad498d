"""aws:efs/fileSystemPolicy:FileSystemPolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource


class FileSystemPolicy(Resource):
    """PutFileSystemPolicy, DescribeFileSystemPolicy, DeleteFileSystemPolicy. It decides here, too, who mounts."""

    type = "aws:efs/fileSystemPolicy:FileSystemPolicy"
    service = "efs"
    create_op, read_op = "PutFileSystemPolicy", "DescribeFileSystemPolicy"
    update_op, delete_op = "PutFileSystemPolicy", "DeleteFileSystemPolicy"
    required = frozenset({"fileSystemId", "policy"})
    documents = frozenset({"policy"})
    name_input, prefix_input = "", ""
    identity = ("fileSystemId",)
    id_from = "fileSystemId"
    key = {"FileSystemId": "fileSystemId"}
    refreshed = {"policy": "Policy"}
    upserts = True
