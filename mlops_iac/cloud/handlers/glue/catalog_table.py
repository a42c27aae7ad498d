"""aws:glue/catalogTable:CatalogTable."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class CatalogTable(Resource):
    """CreateTable, GetTable, UpdateTable, DeleteTable. A read refreshes columns, location, partition keys and
    parameters."""

    type = "aws:glue/catalogTable:CatalogTable"
    service = "glue"
    create_op, read_op, update_op, delete_op = "CreateTable", "GetTable", "UpdateTable", "DeleteTable"
    wrapped = "TableInput"
    renames = {"storageDescriptor.serDeInfo": "SerdeInfo"}
    required = frozenset({"databaseName"})
    name_limit, prefix_input = 255, ""
    identity = ("databaseName", "name")
    replace_on = frozenset({"catalogId", "partitionIndices", "openTableFormatInput"})
    id_from = "id"
    key = {"DatabaseName": "databaseName", "Name": "name", "CatalogId": "catalogId"}
    read_item = "Table"
    formats = {
        "arn": "arn:{partition}:glue:{region}:{account}:table/{databaseName}/{name}",
        "id": "{catalogId}:{databaseName}:{name}",
    }
    refreshed = {
        "description": "Description",
        "owner": "Owner",
        "parameters": "Parameters",
        "partitionKeys": "PartitionKeys[].{name: Name, type: Type, comment: Comment}",
        "storageDescriptor": (
            "StorageDescriptor.{columns: Columns[].{name: Name, type: Type, comment: Comment}, location: Location"
            ", inputFormat: InputFormat, outputFormat: OutputFormat"
            ", serDeInfo: SerdeInfo.{serializationLibrary: SerializationLibrary, parameters: Parameters}}"
        ),
        "tableType": "TableType",
    }

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        inputs.setdefault("catalogId", scope.account_id)

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        """UpdateTable puts a whole table in the place of the old one: what is not asked for is not there any more."""
        fresh = super().update(scope, id, old, new, outputs)
        return {key: value for key, value in fresh.items() if key in new or key not in self.refreshed}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        params = super().update_params(scope, inputs, outputs)
        params.pop("Name", None)  # UpdateTable has the name in its TableInput alone
        return params
