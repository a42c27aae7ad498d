"""Statements about the catalogue: they change or show what Glue holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_iac.clients import Clients
from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.iceberg import is_iceberg
from mlops_iac.cloud.athena.locations import split_location
from mlops_iac.cloud.athena.objects import Lake
from mlops_iac.cloud.athena.sources import columns_of, partition_keys
from mlops_iac.cloud.athena.statement import Statement, TableName
from mlops_iac.cloud.athena.table_definition import column_of, iceberg_definition, table_input, wants_iceberg

Lines = Sequence[str]
"""What the statement shows, a row each; empty for one that changes something."""


def carry_out(statement: Statement, clients: Clients, lake: Lake) -> Lines:
    """Do it. Raises `QueryFailed` with Glue's own words when Glue refuses."""
    assert statement.table is not None
    try:
        return list(_COMMANDS[statement.kind](statement, statement.table, clients("glue"), lake) or ())
    except ClientError as error:
        raise QueryFailed("HIVE_METASTORE_ERROR", error.response["Error"].get("Message", str(error))) from error


def _create_table(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    if wants_iceberg(statement):
        _create_iceberg_table(statement, name, glue, lake)
        return
    try:
        glue.create_table(DatabaseName=name.database, TableInput=table_input(statement))
    except glue.exceptions.AlreadyExistsException:
        if not statement.tree.args.get("exists"):
            raise


def _create_iceberg_table(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    columns, location = iceberg_definition(statement)
    try:
        glue.get_table(DatabaseName=name.database, Name=name.name)
    except glue.exceptions.EntityNotFoundException:
        lake.iceberg.create(name, columns, location)
    else:
        if not statement.tree.args.get("exists"):
            raise QueryFailed("ALREADY_EXISTS", f"Table '{name}' already exists")


def _drop_table(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    try:
        table = glue.get_table(DatabaseName=name.database, Name=name.name)["Table"]
        if is_iceberg(table):
            lake.iceberg.drop(name, table["StorageDescriptor"]["Location"])
            return
        glue.delete_table(DatabaseName=name.database, Name=name.name)
    except glue.exceptions.EntityNotFoundException:
        if not statement.tree.args.get("exists"):
            raise


def _create_database(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    try:
        glue.create_database(DatabaseInput={"Name": name.database})
    except glue.exceptions.AlreadyExistsException:
        if not statement.tree.args.get("exists"):
            raise


def _drop_database(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    tables = glue.get_tables(DatabaseName=name.database)["TableList"]
    if tables and not statement.tree.args.get("cascade"):
        raise QueryFailed(
            "HIVE_METASTORE_ERROR", f"database {name.database} is not empty: it holds {len(tables)} tables"
        )
    glue.delete_database(Name=name.database)


def _add_columns(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    if not is_iceberg(lake.get_table(name)):
        raise not_emulated("ALTER TABLE … ADD COLUMNS of tables that are not Iceberg's")
    definitions = (each for action in statement.tree.args["actions"] for each in action.expressions)
    lake.iceberg.add_columns(name, [column_of(each) for each in definitions])


def _add_partition(statement: Statement, name: TableName, glue: Any, lake: Lake) -> None:
    table = lake.get_table(name)
    for action in statement.tree.args["actions"]:
        given = {each.this.name.lower(): each.expression.name for each in action.this.expressions}
        values = [given.get(key, "") for key, _ in partition_keys(table)]
        if sorted(given) != sorted(key for key, _ in partition_keys(table)):
            raise QueryFailed(
                "HIVE_METASTORE_ERROR",
                f"table {name} is partitioned by {', '.join(k for k, _ in partition_keys(table))}",
            )
        place = action.args.get("location")
        default = (
            table["StorageDescriptor"]["Location"].rstrip("/") + "/" + "/".join(f"{k}={v}" for k, v in given.items())
        )
        try:
            glue.create_partition(**_partition(name, table, values, place.this.name if place else default))
        except glue.exceptions.AlreadyExistsException:
            if not action.args.get("exists"):
                raise


def _repair(statement: Statement, name: TableName, glue: Any, lake: Lake) -> Iterator[str]:
    """Adds the partitions that lie in S3 as ``key=value`` folders, as Hive writes them."""
    table = lake.get_table(name)
    keys = [key for key, _ in partition_keys(table)]
    known = {
        tuple(each["Values"])
        for each in glue.get_partitions(DatabaseName=name.database, TableName=name.name)["Partitions"]
    }
    bucket, prefix = split_location(table["StorageDescriptor"]["Location"])
    found = dict.fromkeys(filter(None, (_values(key.removeprefix(prefix), keys) for key in lake.keys(bucket, prefix))))
    for values in found:
        if values not in known:
            folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            glue.create_partition(**_partition(name, table, list(values), f"s3://{bucket}/{prefix}{folder}/"))
            yield f"Repair: Added partition to metastore {name.name}:{folder}"


def _values(key: str, names: Sequence[str]) -> tuple[str, ...] | None:
    folders = key.split("/")[: len(names)]
    pairs = [folder.partition("=") for folder in folders]
    return tuple(value for _, _, value in pairs) if [name for name, _, _ in pairs] == list(names) else None


def _partition(name: TableName, table: Any, values: list[str], location: str) -> dict[str, Any]:
    storage = {**table["StorageDescriptor"], "Location": location}
    return {
        "DatabaseName": name.database,
        "TableName": name.name,
        "PartitionInput": {"Values": values, "StorageDescriptor": storage},
    }


def _partitions(statement: Statement, name: TableName, glue: Any, lake: Lake) -> Iterator[str]:
    keys = [key for key, _ in partition_keys(lake.get_table(name))]
    for each in glue.get_partitions(DatabaseName=name.database, TableName=name.name)["Partitions"]:
        yield "/".join(f"{key}={value}" for key, value in zip(keys, each["Values"], strict=True))


def _tables(statement: Statement, name: TableName, glue: Any, lake: Lake) -> Lines:
    return sorted(table["Name"] for table in glue.get_tables(DatabaseName=name.database)["TableList"])


def _databases(statement: Statement, name: TableName, glue: Any, lake: Lake) -> Lines:
    return sorted(database["Name"] for database in glue.get_databases()["DatabaseList"])


def _columns(statement: Statement, name: TableName, glue: Any, lake: Lake) -> Iterator[str]:
    table = lake.get_table(name)
    for column, kind in [*columns_of(table), *partition_keys(table)]:
        yield f"{column:<20}\t{kind:<20}\t"


_COMMANDS: Final[dict[str, Callable[..., Any]]] = {
    "add-columns": _add_columns,
    "add-partition": _add_partition,
    "columns": _columns,
    "create-database": _create_database,
    "create-table": _create_table,
    "databases": _databases,
    "drop-database": _drop_database,
    "drop-table": _drop_table,
    "partitions": _partitions,
    "repair": _repair,
    "tables": _tables,
}
