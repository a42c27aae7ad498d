"""Iceberg tables of the Glue catalogue: metadata by pyiceberg, rows by DuckDB.

pyiceberg (Apache 2.0) is the extra `iceberg`; it is used without pyarrow, which is ten times its size: DuckDB reads and
writes the Parquet files, by the field ids that Iceberg finds columns by. Tables are those that Glue's CreateTable and
Athena's CREATE TABLE make: format version 1 or 2, columns of plain types, no partitions. Those that others wrote are
read as long as no row was deleted in a file of its own (merge on read).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlops_iac.clients import Clients
from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.locations import split_location, split_object
from mlops_iac.cloud.athena.statement import TableName
from mlops_iac.cloud.athena.types import literal, quoted
from mlops_iac.core.iceberg import find_fault

EXTRA: Final = "Iceberg tables need pyiceberg here: `pip install 'mlops-iac[iceberg]'`, and start the cloud again."

VERSIONS: Final = ("1", "2")
"""Of the format that are written here."""

PARTS: Final = ("snapshots", "history")
"""What a table tells of itself, as ``"table$snapshots"``."""

MOST_COMMITS: Final = 4
"""Tries to commit while others do, as Iceberg's `commit.retry.num-retries` has it."""

_FROM_HIVE: Final = {
    "bigint": "LongType", "binary": "BinaryType", "boolean": "BooleanType", "date": "DateType",
    "decimal": "DecimalType", "double": "DoubleType", "float": "FloatType", "int": "IntegerType",
    "string": "StringType", "timestamp": "TimestampType",
}  # fmt: skip
"""The catalogue's types (`core/iceberg.py`) to pyiceberg's."""

_TO_DUCKDB: Final = {
    "binary": "BLOB", "boolean": "BOOLEAN", "date": "DATE", "double": "DOUBLE", "float": "FLOAT", "int": "INTEGER",
    "long": "BIGINT", "string": "VARCHAR", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
}  # fmt: skip


class Field(NamedTuple):
    id: int
    name: str
    type: str
    """DuckDB's."""


@dataclass(frozen=True)
class Seen:
    """A table as a query sees it."""

    fields: tuple[Field, ...]
    files: tuple[str, ...]
    """Locations of its Parquet files."""


def is_iceberg(table: Mapping[str, Any]) -> bool:
    """``table`` as Glue's GetTable answers it."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def is_there() -> bool:
    """Whether the extra is installed."""
    import importlib.util

    return importlib.util.find_spec("pyiceberg") is not None


class Iceberg:
    """The Iceberg tables of one caller."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def see(self, name: TableName, instant: Callable[[str], int]) -> Seen:
        """The table now, or as of ``name.at``; ``instant`` answers an expression of SQL in milliseconds since 1970."""
        table = self._load(name)
        snapshot = _snapshot(table, name, instant)
        schema = (
            table.schema() if snapshot is None or snapshot.schema_id is None else table.schemas()[snapshot.schema_id]
        )
        fields = tuple(Field(one.field_id, one.name, _duckdb(one.field_type)) for one in schema.fields)
        if snapshot is None:
            return Seen(fields, ())
        tasks = list(table.scan(snapshot_id=snapshot.snapshot_id).plan_files())
        if any(task.delete_files for task in tasks):
            raise not_emulated(f"rows of Iceberg tables that were deleted by merge on read ({name})")
        if any(str(task.file.file_format).rsplit(".", 1)[-1].upper() != "PARQUET" for task in tasks):
            raise not_emulated(f"Iceberg tables in another format than Parquet ({name})")
        return Seen(fields, tuple(task.file.file_path for task in tasks))

    def tell(self, name: TableName, part: str) -> tuple[str, list[tuple[Any, ...]]]:
        """What a table tells of itself: columns with DuckDB's types, and rows."""
        metadata = self._load(name).metadata
        if part == "history":
            current = _ancestors(metadata)
            known = {one.snapshot_id: one for one in metadata.snapshots}
            return (
                "made_current_at TIMESTAMP WITH TIME ZONE, snapshot_id BIGINT, parent_id BIGINT, "
                "is_current_ancestor BOOLEAN",
                [
                    (_time(one.timestamp_ms), one.snapshot_id, _parent(known.get(one.snapshot_id)),
                     one.snapshot_id in current)
                    for one in metadata.snapshot_log
                ],
            )  # fmt: skip
        return (
            "committed_at TIMESTAMP WITH TIME ZONE, snapshot_id BIGINT, parent_id BIGINT, operation VARCHAR, "
            "manifest_list VARCHAR, summary MAP(VARCHAR, VARCHAR)",
            [
                (_time(one.timestamp_ms), one.snapshot_id, one.parent_snapshot_id, one.summary.operation.value,
                 one.manifest_list, dict(one.summary.additional_properties))
                for one in sorted(metadata.snapshots, key=lambda snapshot: snapshot.timestamp_ms)
            ],
        )  # fmt: skip

    def fields(self, name: TableName) -> tuple[Field, ...]:
        """What an INSERT has to bring. Raises `QueryFailed` for a table that nothing is written to here."""
        table = self._load(name)
        if not table.spec().is_unpartitioned():
            raise not_emulated(f"INSERT into Iceberg tables with partitions ({name})")
        return tuple(Field(one.field_id, one.name, _duckdb(one.field_type)) for one in table.schema().fields)

    def append(self, name: TableName, file: Path, rows: int) -> str:
        """Add a Parquet file's rows as a snapshot of their own; answers where the file lies."""
        from pyiceberg.exceptions import CommitFailedException
        from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
        from pyiceberg.typedef import Record

        table = self._load(name)
        location = f"{table.location().rstrip('/')}/data/{uuid.uuid4()}.parquet"
        bucket, key = split_object(location)
        with file.open("rb") as body:
            self._clients("s3").put_object(Bucket=bucket, Key=key, Body=body)
        data = DataFile.from_args(
            content=DataFileContent.DATA, file_path=location, file_format=FileFormat.PARQUET, partition=Record(),
            record_count=rows, file_size_in_bytes=file.stat().st_size, spec_id=table.spec().spec_id,
        )  # fmt: skip
        for left in reversed(range(MOST_COMMITS)):
            try:
                with self._load(name).transaction() as change, change.update_snapshot().fast_append() as snapshot:
                    snapshot.append_data_file(data)
                return location
            except CommitFailedException as error:
                if not left:
                    raise QueryFailed("ICEBERG_COMMIT_ERROR", f"Failed to commit to {name}: {error}") from error
        raise AssertionError("the last try answers or raises")

    def create(self, name: TableName, columns: Sequence[tuple[str, str]], location: str) -> None:
        """CREATE TABLE of Athena's own."""
        self._catalogue().create_table((name.database, name.name), _schema(columns), location.rstrip("/"))

    def add_columns(self, name: TableName, columns: Sequence[tuple[str, str]]) -> None:
        """Rows that are there have nothing in them."""
        table = self._load(name)
        known = {one.name for one in table.schema().fields}
        for column, _ in columns:
            if column in known:
                raise QueryFailed("COLUMN_ALREADY_EXISTS", f"Column '{column}' already exists")
        with table.update_schema() as change:
            for column, kind in columns:
                change.add_column(column, _iceberg_type(kind))

    def write_metadata(self, columns: Sequence[tuple[str, str]], location: str, version: str) -> str:
        """The first metadata of a table that Glue has already; answers where it lies."""
        from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
        from pyiceberg.serializers import ToOutputFile
        from pyiceberg.table.metadata import new_table_metadata
        from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

        place = location.rstrip("/")
        metadata = new_table_metadata(
            _schema(columns), UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, place, {"format-version": version}
        )
        target = f"{place}/metadata/00000-{uuid.uuid4()}.metadata.json"
        ToOutputFile.table_metadata(metadata, self._files().new_output(target), overwrite=True)
        return target

    def drop(self, name: TableName, location: str) -> None:
        """DROP TABLE, which removes an Iceberg table's files too: Athena user guide, "DROP TABLE"."""
        self._clients("glue").delete_table(DatabaseName=name.database, Name=name.name)
        s3, (bucket, prefix) = self._clients("s3"), split_location(location)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                s3.delete_object(Bucket=bucket, Key=item["Key"])

    def _load(self, name: TableName) -> Any:
        from pyiceberg.exceptions import NoSuchPropertyException, NoSuchTableError

        try:
            return self._catalogue().load_table((name.database, name.name))
        except NoSuchTableError as error:
            raise QueryFailed("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{name}' does not exist") from error
        except NoSuchPropertyException as error:
            raise QueryFailed("ICEBERG_INVALID_METADATA", f"Table is missing [metadata_location]: {name}") from error

    def _catalogue(self) -> Any:
        if not is_there():
            raise QueryFailed("NOT_SUPPORTED", EXTRA)
        from pyiceberg.catalog.glue import GlueCatalog

        files = self._files()

        class Catalogue(GlueCatalog):
            def _load_file_io(self, properties: Any = None, location: str | None = None) -> Any:
                return files

        return Catalogue("awsdatacatalog", client=self._clients("glue"))

    def _files(self) -> Any:
        from mlops_iac.cloud.athena.iceberg_files import Objects

        return Objects(self._clients("s3"))


def view(seen: Seen, files: Sequence[Path]) -> str:
    """SQL of the rows; columns that a file does not have are empty in it."""
    if not files:
        shown = ", ".join(f"CAST(NULL AS {one.type}) AS {quoted(one.name)}" for one in seen.fields)
        return f"SELECT {shown} WHERE false"
    schema = ", ".join(
        f"{one.id}: {{name: {literal(one.name)}, type: {literal(one.type)}, default_value: NULL}}"
        for one in seen.fields
    )
    names = ", ".join(quoted(one.name) for one in seen.fields)
    paths = ", ".join(literal(str(path)) for path in files)
    return f"SELECT {names} FROM read_parquet([{paths}], schema=MAP {{{schema}}})"


def _schema(columns: Sequence[tuple[str, str]]) -> Any:
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    fields = [
        NestedField(id, name.lower(), _iceberg_type(kind), required=False) for id, (name, kind) in enumerate(columns, 1)
    ]
    return Schema(*fields)


def _iceberg_type(kind: str) -> Any:
    from pyiceberg import types

    if find_fault(kind):
        raise QueryFailed("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    word, _, rest = kind.replace(" ", "").lower().rstrip(")").partition("(")
    return getattr(types, _FROM_HIVE[word])(*map(int, rest.split(",") if rest else ()))


def _duckdb(kind: Any) -> str:
    text = str(kind)
    decimal = re.fullmatch(r"decimal\((\d+), ?(\d+)\)", text)
    if decimal:
        return f"DECIMAL({decimal[1]},{decimal[2]})"
    if text not in _TO_DUCKDB:
        raise not_emulated(f"columns of type `{text}` in Iceberg tables")
    return _TO_DUCKDB[text]


def _snapshot(table: Any, name: TableName, instant: Callable[[str], int]) -> Any:
    at = name.at
    if at is None:
        return table.current_snapshot()
    if at.kind == "TIMESTAMP":
        found = table.snapshot_as_of_timestamp(instant(at.value))
        if found is None:
            reason = f"No version history table {name} at or before {at.value}"
            raise QueryFailed("INVALID_ARGUMENTS", reason)
        return found
    named = at.value.isdigit()
    found = table.snapshot_by_id(int(at.value)) if named else table.snapshot_by_name(at.value.strip("'"))
    if found is None:
        what = "Iceberg snapshot ID does not exists" if named else "Cannot find snapshot with reference name"
        raise QueryFailed("INVALID_ARGUMENTS", f"{what}: {at.value}")
    return found


def _ancestors(metadata: Any) -> set[int]:
    known = {one.snapshot_id: one for one in metadata.snapshots}
    found: set[int] = set()
    here = metadata.current_snapshot_id
    while here in known and here not in found:
        found.add(here)
        here = known[here].parent_snapshot_id
    return found


def _parent(snapshot: Any) -> int | None:
    return None if snapshot is None else snapshot.parent_snapshot_id


def _time(milliseconds: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(milliseconds / 1000, UTC)
