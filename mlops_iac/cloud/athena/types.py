"""Types and values between Hive's words (Glue), DuckDB's, and those of Athena's results.

Formats of values are those of Athena's result files ("Working with query results", Athena user guide).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated

_FROM_HIVE: Final = {
    "bigint": "BIGINT", "binary": "BLOB", "boolean": "BOOLEAN", "date": "DATE", "double": "DOUBLE", "float": "FLOAT",
    "int": "INTEGER", "integer": "INTEGER", "smallint": "SMALLINT", "string": "VARCHAR", "timestamp": "TIMESTAMP",
    "tinyint": "TINYINT", "real": "FLOAT",
}  # fmt: skip
_TO_ATHENA: Final = {
    "BIGINT": "bigint", "BLOB": "varbinary", "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "double",
    "FLOAT": "float", "HUGEINT": "bigint", "INTEGER": "integer", "SMALLINT": "smallint", "TIME": "time",
    "TIMESTAMP": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp", "TIMESTAMP_S": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "TINYINT": "tinyint",
    "UBIGINT": "bigint", "UINTEGER": "integer", "VARCHAR": "varchar", "JSON": "json", '"NULL"': "unknown",
}  # fmt: skip


def from_hive(kind: str) -> str:
    """DuckDB's type of a column in the catalogue: ``array<struct<a:int>>`` is ``STRUCT("a" INTEGER)[]``."""
    kind = kind.strip().lower()
    if kind in _FROM_HIVE:
        return _FROM_HIVE[kind]
    if re.fullmatch(r"(varchar|char)\(\d+\)", kind):
        return "VARCHAR"
    if re.fullmatch(r"decimal(\(\d+(,\s*\d+)?\))?", kind):
        return "DECIMAL(10,0)" if kind == "decimal" else kind.upper()
    outer, _, rest = kind.partition("<")
    if not rest.endswith(">"):
        raise QueryFailed("HIVE_METASTORE_ERROR", f"the catalogue has a column of type `{kind}`, which is none.")
    inner = _split(rest[:-1])
    if outer == "array" and len(inner) == 1:
        return f"{from_hive(inner[0])}[]"
    if outer == "map" and len(inner) == 2:
        return f"MAP({from_hive(inner[0])}, {from_hive(inner[1])})"
    if outer == "struct":
        fields = (field.partition(":") for field in inner)
        return f"STRUCT({', '.join(f'{quoted(name)} {from_hive(of)}' for name, _, of in fields)})"
    raise not_emulated(f"columns of type `{kind}`")


def _split(text: str) -> list[str]:
    """Parts between commas that are not inside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "<(") - (sign in ">)")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def to_athena(kind: str) -> str:
    """Athena's word for the type of a result's column."""
    if kind.endswith("]"):
        return "array"
    for ours, theirs in (("DECIMAL", "decimal"), ("MAP(", "map"), ("STRUCT(", "row"), ("VARCHAR", "varchar")):
        if kind.startswith(ours):
            return theirs
    if kind not in _TO_ATHENA:
        raise not_emulated(f"results of type {kind}")
    return _TO_ATHENA[kind]


def as_text(value: Any, kind: str = "") -> str | None:
    """A value as Athena writes it; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value, single=kind == "FLOAT")
    if isinstance(value, datetime.datetime):
        zone = " UTC" if value.tzinfo else ""
        value = value.astimezone(datetime.UTC) if zone else value
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}{zone}"
    if isinstance(value, bytes):
        return " ".join(f"{byte:02x}" for byte in value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_inside(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_inside(key)}={_inside(item)}' for key, item in value.items())}}}"
    return str(value)


def _inside(value: Any) -> str:
    text = as_text(value)
    return "null" if text is None else text


def _number(value: float, *, single: bool) -> str:
    """Java's ``Double.toString``: decimals from 10⁻³ to 10⁷, else ``1.5E10``; NaN and Infinity by name."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if single:
        import struct

        value = next(
            candidate
            for digits in range(1, 18)
            if struct.pack("f", candidate := float(f"{value:.{digits}g}")) == struct.pack("f", value)
        )
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = f"{Decimal(repr(value)):f}"
        return text if "." in text else f"{text}.0"
    digits, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"
