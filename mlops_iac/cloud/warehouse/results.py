"""Answers in the form of the Data API: columns with Redshift's types, and fields."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

_TYPES: Final = {
    "BIGINT": ("int8", 19), "BLOB": ("varbyte", 0), "BOOLEAN": ("bool", 1), "DATE": ("date", 13),
    "DOUBLE": ("float8", 17), "FLOAT": ("float4", 8), "HUGEINT": ("numeric", 38), "INTEGER": ("int4", 10),
    "INTERVAL": ("interval", 0), "SMALLINT": ("int2", 5), "TIME": ("time", 15), "TIMESTAMP": ("timestamp", 29),
    "TIMESTAMP WITH TIME ZONE": ("timestamptz", 35), "TINYINT": ("int2", 5), "VARCHAR": ("varchar", 65535),
}  # fmt: skip
"""DuckDB's word to Redshift's and its precision."""
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def column(name: str, kind: str) -> dict[str, Any]:
    """One of ``ColumnMetadata``."""
    decimal = _DECIMAL.fullmatch(kind)
    word, precision = ("numeric", int(decimal[1])) if decimal else _TYPES.get(kind, ("super", 0))
    return {
        "name": name,
        "label": name,
        "typeName": word,
        "precision": precision,
        "scale": int(decimal[2]) if decimal else 0,
        "length": 0,
        "nullable": 1,
        "isCaseSensitive": word == "varchar",
        "isSigned": word in ("float4", "float8", "int2", "int4", "int8", "numeric"),
        "isCurrency": False,
        "schemaName": "",
        "tableName": "",
    }


def as_fields(rows: Iterable[Sequence[Any]]) -> list[list[dict[str, Any]]]:
    return [[field(value) for value in row] for row in rows]


def field(value: Any) -> dict[str, Any]:
    """One value: a text where JSON has no word for it."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.UTC) if value.tzinfo else value
        text = utc.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")
        return f"{text}+00" if value.tzinfo else text
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        import json

        return json.dumps(value, default=str)
    return str(value)


def size_of(fields: Iterable[Sequence[dict[str, Any]]]) -> int:
    """Bytes of the values, for ``ResultSize``."""
    return sum(len(str(next(iter(one.values())))) for row in fields for one in row)
