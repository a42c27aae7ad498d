"""Athena's reading of the catalogue: databases and tables, as Glue has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    for operation, fn in (
        ("GetDatabase", _get_database),
        ("ListDatabases", _list_databases),
        ("GetTableMetadata", _get_table),
        ("ListTableMetadata", _list_tables),
    ):
        gateway.instead("athena", operation, _through(gateway, fn))


def _through(gateway: Gateway, fn: Any) -> Any:
    def answer(call: Call) -> dict[str, Any]:
        if call.params["CatalogName"].lower() != "awsdatacatalog":
            raise AwsError("MetadataException", f"The embedded cloud has no catalogue `{call.params['CatalogName']}`.")
        try:
            found: dict[str, Any] = fn(gateway.clients(call.region, call.account_id)("glue"), call.params)
        except ClientError as error:
            raise AwsError("MetadataException", error.response["Error"].get("Message", str(error))) from error
        return found

    return answer


def _get_database(glue: Any, params: dict[str, Any]) -> dict[str, Any]:
    return {"Database": _database(glue.get_database(Name=params["DatabaseName"])["Database"])}


def _list_databases(glue: Any, params: dict[str, Any]) -> dict[str, Any]:
    return {"DatabaseList": [_database(each) for each in glue.get_databases()["DatabaseList"]]}


def _get_table(glue: Any, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "TableMetadata": _table(glue.get_table(DatabaseName=params["DatabaseName"], Name=params["TableName"])["Table"])
    }


def _list_tables(glue: Any, params: dict[str, Any]) -> dict[str, Any]:
    found = glue.get_tables(DatabaseName=params["DatabaseName"], Expression=params.get("Expression") or ".*")
    return {"TableMetadataList": [_table(each) for each in found["TableList"]]}


def _database(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("Name", "Description", "Parameters") if found.get(name)}


def _table(found: dict[str, Any]) -> dict[str, Any]:
    storage = found.get("StorageDescriptor", {})
    return {
        "Name": found["Name"],
        "CreateTime": found.get("CreateTime"),
        "TableType": found.get("TableType", ""),
        "Columns": [_column(each) for each in storage.get("Columns", ())],
        "PartitionKeys": [_column(each) for each in found.get("PartitionKeys", ())],
        "Parameters": {**found.get("Parameters", {}), "location": storage.get("Location", "")},
    }


def _column(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("Name", "Type", "Comment") if found.get(name)}
