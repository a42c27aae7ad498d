"""Results in S3, as Athena writes them, and read back row by row.

A query's is ``<id>.csv``: a header, every value in quotes, NULL as nothing at all, which is how the two differ from an
empty text. A statement about the catalogue leaves ``<id>.txt``, a line each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final

Row = Sequence[str | None]

_FIELD: Final = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n|\Z)')


def write_csv(file: IO[str], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """The whole result; ``rows`` are written as they come."""
    file.write(_line(columns))
    for row in rows:
        file.write(_line(row))


def read_csv(text: str) -> Iterator[Row]:
    """All rows, the header first."""
    row: list[str | None] = []
    for found in _FIELD.finditer(text):
        if found[2] == "" and not row and found[1] is None:
            return
        row.append(None if found[1] is None else found[1].replace('""', '"'))
        if found[2] != ",":
            yield row
            row = []


def _line(values: Row) -> str:
    shown = ("" if value is None else '"' + value.replace('"', '""') + '"' for value in values)
    return ",".join(shown) + "\n"


def column_info(columns: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """``ResultSetMetadata.ColumnInfo``. Precision and scale as Athena answers them for each type."""
    return [
        {
            "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
            "Precision": _PRECISION.get(kind, 0), "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar",
        }
        for name, kind in columns
    ]  # fmt: skip


_PRECISION: Final = {
    "bigint": 19, "double": 17, "float": 17, "integer": 10, "smallint": 5, "timestamp": 3, "tinyint": 3,
    "varbinary": 1073741824, "varchar": 2147483647,
}  # fmt: skip


def as_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """``ResultSet.Rows``: NULL is a datum without a value."""
    return [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows]
