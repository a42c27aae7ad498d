"""Iceberg tables that Glue makes and changes: CreateTable with an open table format writes the first metadata.

What CreateTable demands of such a table is in the Glue developer guide, "Creating Iceberg tables".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.athena.failure import QueryFailed
from mlops_iac.cloud.athena.iceberg import EXTRA, VERSIONS, Iceberg, is_there
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.iceberg import find_fault

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

EXTERNAL: Final = "EXTERNAL_TABLE"


def install(gateway: Gateway) -> None:
    gateway.before("glue", "CreateTable", _check_new)
    gateway.after("glue", "CreateTable", lambda call: _write_metadata(gateway, call))
    gateway.before("glue", "UpdateTable", _check_version)


def _check_new(call: Call) -> None:
    asked = _asked(call)
    if asked is None:
        return
    table = call.params.get("TableInput") or {}
    storage = table.get("StorageDescriptor") or {}
    if "CreateIcebergTableInput" in asked:
        raise AwsError("NotImplemented", "The embedded cloud makes Iceberg tables from a TableInput only.", 501)
    if not is_there():
        raise AwsError("NotImplemented", EXTRA, 501)
    if asked.get("MetadataOperation") != "CREATE":
        raise _invalid("MetadataOperation must be CREATE")
    if asked.get("Version", "2") not in VERSIONS:
        raise AwsError("NotImplemented", f"The embedded cloud writes Iceberg {' and '.join(VERSIONS)}.", 501)
    if table.get("TableType") != EXTERNAL:
        raise _invalid(f"The TableType of an Iceberg table must be {EXTERNAL}")
    if not storage.get("Location") or not storage.get("Columns"):
        raise _invalid("An Iceberg table needs a location and columns")
    if table.get("PartitionKeys"):
        raise _invalid("Partition keys are not supported for Iceberg tables")
    for column in storage["Columns"]:
        if find_fault(column.get("Type", "")):
            raise _invalid(f"Unsupported Hive type: {column.get('Type')} of column {column['Name']}")


def _write_metadata(gateway: Gateway, call: Call) -> None:
    """In the caller's own rights, as AWS does; a table whose metadata cannot be written is not made."""
    from moto.glue.models import glue_backends

    asked = _asked(call)
    if asked is None:
        return
    given = call.params["TableInput"]
    backend, database = glue_backends[call.account_id][call.region], call.params["DatabaseName"]
    storage = given["StorageDescriptor"]
    columns = [(one["Name"], one["Type"]) for one in storage["Columns"]]
    try:
        place = Iceberg(gateway.roles.as_caller(call)).write_metadata(
            columns, storage["Location"], asked.get("Version", "2")
        )
    except Exception as error:
        backend.delete_table(database, given["Name"])
        if isinstance(error, QueryFailed):
            raise _invalid(str(error)) from error
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        raise AwsError(
            "AccessDeniedException" if "Denied" in code else "InvalidInputException",
            f"The metadata of the table cannot be written: {error}",
        ) from error
    table = backend.get_table(database, given["Name"])
    version = table.get_version(str(table._current_version))
    version["Parameters"] = {**version.get("Parameters", {}), "table_type": "ICEBERG", "metadata_location": place}


def _check_version(call: Call) -> None:
    """Who names the version that he saw changes no other. Clients of Iceberg commit so."""
    from moto.glue.models import glue_backends

    wanted, name = call.params.get("VersionId"), (call.params.get("TableInput") or {}).get("Name", "")
    database = glue_backends[call.account_id][call.region].databases.get(call.params.get("DatabaseName", ""))
    table = database.tables.get(name) if wanted and database else None
    if table is not None and str(table._current_version) != wanted:
        raise AwsError(
            "ConcurrentModificationException", f"Update table failed due to concurrent modifications: {name}"
        )


def _asked(call: Call) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (call.params.get("OpenTableFormatInput") or {}).get("IcebergInput")
    return found


def _invalid(words: str) -> AwsError:
    return AwsError("InvalidInputException", words)
