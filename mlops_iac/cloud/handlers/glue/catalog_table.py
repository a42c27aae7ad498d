"""aws:glue/catalogTable:CatalogTable."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud.athena.iceberg import EXTRA, VERSIONS, is_there
from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

ICEBERG_S: Final = ("EXTERNAL", "metadata_location", "previous_metadata_location", "table_type")
"""Parameters that each commit to an Iceberg table writes."""


class CatalogTable(Resource):
    """CreateTable, GetTable, UpdateTable, DeleteTable. A read refreshes columns, location, partition keys and
    parameters; of an Iceberg table, parameters without those that each INSERT writes."""

    type = "aws:glue/catalogTable:CatalogTable"
    service = "glue"
    create_op, read_op, update_op, delete_op = "CreateTable", "GetTable", "UpdateTable", "DeleteTable"
    wrapped = "TableInput"
    renames = {
        "storageDescriptor.serDeInfo": "SerdeInfo",
        "openTableFormatInput.icebergInput.icebergTableInput": "CreateIcebergTableInput",
    }
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
        iceberg = (inputs.get("openTableFormatInput") or {}).get("icebergInput") or {}
        if iceberg and not is_there():
            raise NotEmulated(self.type, "openTableFormatInput", hint=EXTRA)
        for key, known in (("icebergTableInput", (None,)), ("version", (None, *VERSIONS))):
            if iceberg.get(key) not in known:
                hint = "leave it out on the embedded cloud, or test it on AWS."
                raise NotEmulated(self.type, f"openTableFormatInput.icebergInput.{key}", hint=hint)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        if outputs.get("openTableFormatInput"):
            kept = {name: value for name, value in outputs.pop("parameters", {}).items() if name not in ICEBERG_S}
            outputs.update({"parameters": kept} if kept else {})

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        """UpdateTable puts a whole table in the place of the old one: what is not asked for is not there any more."""
        fresh = super().update(scope, id, old, new, outputs)
        return {key: value for key, value in fresh.items() if key in new or key not in self.refreshed}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        params = super().update_params(scope, inputs, outputs)
        params.pop("Name", None)  # UpdateTable has the name in its TableInput alone
        return params
