"""A table of the catalogue as a DuckDB view over its objects, fetched from the emulated S3.

Files whose names begin with ``_`` or ``.`` are hidden, as in Hive. LazySimpleSerDe knows no quotes and reads what is no
number as NULL; OpenCSVSerDe knows quotes and refuses it (Athena user guide, "SerDe reference").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.statement import TableName
from mlops_iac.cloud.athena.types import from_hive, literal, quoted

Column = tuple[str, str]
"""Name and Hive type."""

_FORMATS: Final = (
    ("parquet", "parquet"), ("JsonSerDe", "json"), ("OpenCSVSerde", "csv"), ("LazySimpleSerDe", "text"),
)  # fmt: skip


_NEVER: Final = "\x02\x03"
"""What DuckDB is to read as NULL: nothing that a file holds, because an empty text is a text in both SerDes."""


class Part(NamedTuple):
    """One partition's files, or the whole table's when it has no partitions."""

    values: Mapping[str, str]
    files: Sequence[Path]


def make_view(connection: Any, name: TableName, table: Mapping[str, Any], parts: Sequence[Part]) -> None:
    """``table`` as Glue's GetTable answers it."""
    if table.get("TableType") == "VIRTUAL_VIEW":
        raise not_emulated(f"views ({name})")
    if str(table.get("Parameters", {}).get("projection.enabled", "")).lower() == "true":
        raise not_emulated(f"partition projection ({name})")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name.database)}")
    selects = list(_selects(connection, name, table, [part for part in parts if part.files])) or [_nothing(table)]
    body = " UNION ALL ".join(selects)
    connection.execute(f"CREATE VIEW {quoted(name.database)}.{quoted(name.name)} AS {body}")


def format_of(table: Mapping[str, Any]) -> str:
    """parquet, json, csv (OpenCSVSerDe) or text (LazySimpleSerDe)."""
    library = table["StorageDescriptor"].get("SerdeInfo", {}).get("SerializationLibrary", "")
    for part, kind in _FORMATS:
        if part.lower() in library.lower():
            return kind
    raise not_emulated(f"tables that are read by {library or 'no SerDe'}")


def columns_of(table: Mapping[str, Any]) -> list[Column]:
    return [(column["Name"], column.get("Type", "string")) for column in table["StorageDescriptor"].get("Columns", [])]


def partition_keys(table: Mapping[str, Any]) -> list[Column]:
    return [(column["Name"], column.get("Type", "string")) for column in table.get("PartitionKeys", [])]


def _nothing(table: Mapping[str, Any]) -> str:
    """A table without files: no rows, and its columns."""
    shown = (f"CAST(NULL AS {from_hive(kind)}) AS {quoted(name)}" for name, kind in _all_columns(table))
    return f"SELECT {', '.join(shown)} WHERE false"


def _all_columns(table: Mapping[str, Any]) -> list[Column]:
    return [*columns_of(table), *partition_keys(table)]


def _selects(connection: Any, name: TableName, table: Mapping[str, Any], parts: Sequence[Part]) -> Iterator[str]:
    read = _READERS[format_of(table)]
    keys = partition_keys(table)
    for part in parts:
        missing = [key for key, _ in keys if key not in part.values]
        if missing:
            raise QueryFailed("HIVE_INVALID_METADATA", f"a partition of {name} has no value for {', '.join(missing)}")
        constants = [f"CAST({literal(part.values[key])} AS {from_hive(kind)}) AS {quoted(key)}" for key, kind in keys]
        files = "[" + ", ".join(literal(str(path)) for path in part.files) + "]"
        columns, source = read(connection, table, files)
        yield f"SELECT {', '.join([*columns, *constants])} FROM {source}"


def _read_parquet(connection: Any, table: Mapping[str, Any], files: str) -> tuple[list[str], str]:
    source = f"read_parquet({files}, union_by_name=true)"
    there = {row[0].lower(): row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    shown = [
        f"CAST({quoted(there[name]) if name in there else 'NULL'} AS {from_hive(kind)}) AS {quoted(name)}"
        for name, kind in columns_of(table)
    ]
    return shown, source


def _read_json(connection: Any, table: Mapping[str, Any], files: str) -> tuple[list[str], str]:
    columns = ", ".join(f"{quoted(name)}: {literal(from_hive(kind))}" for name, kind in columns_of(table))
    return [quoted(name) for name, _ in columns_of(table)], (
        f"read_json({files}, format='newline_delimited', columns={{{columns}}}, maximum_object_size=33554432)"
    )


def _read_text(connection: Any, table: Mapping[str, Any], files: str) -> tuple[list[str], str]:
    settings = _serde(table)
    delimiter = settings.get("field.delim") or settings.get("serialization.format") or "\x01"
    delimiter = "\x01" if delimiter == "1" else delimiter
    source = _read_csv(table, files, delimiter, quote="", escape="")
    shown = []
    for name, kind in columns_of(table):
        ours, column = from_hive(kind), f"nullif({quoted(name)}, '\\N')"
        cast = column if ours == "VARCHAR" else f"TRY_CAST({column} AS {ours})"
        shown.append(f"{cast} AS {quoted(name)}")
    return shown, source


def _read_quoted(connection: Any, table: Mapping[str, Any], files: str) -> tuple[list[str], str]:
    """OpenCSVSerDe takes a doubled quote and a backslash alike; DuckDB takes one of them: the backslash when the table
    names it."""
    settings = _serde(table)
    quote = settings.get("quoteChar", '"')
    source = _read_csv(table, files, settings.get("separatorChar", ","), quote, settings.get("escapeChar", quote))
    shown = []
    for name, kind in columns_of(table):
        ours = from_hive(kind)
        column = quoted(name) if ours == "VARCHAR" else f"CAST(nullif({quoted(name)}, '') AS {ours})"
        shown.append(f"{column} AS {quoted(name)}")
    return shown, source


def _read_csv(table: Mapping[str, Any], files: str, delimiter: str, quote: str, escape: str) -> str:
    skip = int(
        table.get("Parameters", {}).get("skip.header.line.count") or _serde(table).get("skip.header.line.count", 0)
    )
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name, _ in columns_of(table))
    return (
        f"read_csv({files}, auto_detect=false, header=false, skip={skip}, columns={{{columns}}}, null_padding=true, "
        f"delim={literal(delimiter)}, quote={literal(quote)}, escape={literal(escape)}, strict_mode=false, "
        f"nullstr={literal(_NEVER)}, max_line_size=33554432, ignore_errors=false)"
    )


def _serde(table: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = table["StorageDescriptor"].get("SerdeInfo", {}).get("Parameters", {}) or {}
    return found


_READERS: Final[dict[str, Callable[..., tuple[list[str], str]]]] = {
    "csv": _read_quoted,
    "json": _read_json,
    "parquet": _read_parquet,
    "text": _read_text,
}
