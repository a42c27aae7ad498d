"""aws:efs/backupPolicy:BackupPolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class BackupPolicy(Resource):
    """PutBackupPolicy, DescribeBackupPolicy; a delete turns backups off, and what is off is not there. Here nothing is
    copied."""

    type = "aws:efs/backupPolicy:BackupPolicy"
    service = "efs"
    create_op, read_op, update_op = "PutBackupPolicy", "DescribeBackupPolicy", "PutBackupPolicy"
    required = frozenset({"backupPolicy", "fileSystemId"})
    name_input, prefix_input = "", ""
    identity = ("fileSystemId",)
    id_from = "fileSystemId"
    key = {"FileSystemId": "fileSystemId"}
    read_item = "BackupPolicy.[Status][?@ != 'DISABLED'] | [0]"
    upserts = True

    def refresh(self, api: Api, scope: Scope, item: str, outputs: dict[str, object]) -> None:
        outputs["backupPolicy"] = {"status": item}

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("PutBackupPolicy", FileSystemId=outputs["fileSystemId"], BackupPolicy={"Status": "DISABLED"})
