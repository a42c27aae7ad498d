"""Values between SQL and the Data API: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Field.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.wire import AwsError

BOOL, BYTEA, VARCHAR = 16, 17, 1043
LONGS: Final = {21: "int2", 23: "int4", 20: "int8", 26: "oid"}
DOUBLES: Final = {700: "float4", 701: "float8"}
HINTS: Final = {"DATE": 1082, "DECIMAL": 1700, "JSON": 114, "TIME": 1083, "TIMESTAMP": 1114, "UUID": 2950}
SENT: Final = {"booleanValue": BOOL, "longValue": 20, "doubleValue": 701, "stringValue": VARCHAR, "blobValue": BYTEA}
"""What a parameter is without a hint; 0 leaves it to the statement."""
TEXTS: Final = {
    25: "text", 1043: "varchar", 1042: "bpchar", 19: "name", 1082: "date", 1083: "time", 1114: "timestamp",
    1184: "timestamptz", 1266: "timetz", 1186: "interval", 1700: "numeric", 114: "json", 3802: "jsonb", 2950: "uuid",
    869: "inet", 650: "cidr", 790: "money", 705: "unknown", 2278: "void",
}  # fmt: skip
"""What is told as PostgreSQL writes it."""
NAMES: Final = {BOOL: "bool", BYTEA: "bytea", **LONGS, **DOUBLES, **TEXTS}
JDBC: Final = {
    "bool": -7, "bytea": -2, "int2": 5, "int4": 4, "int8": -5, "oid": -5, "float4": 7, "float8": 8, "numeric": 2,
    "bpchar": 1, "text": 12, "varchar": 12, "name": 12, "date": 91, "time": 92, "timetz": 92, "timestamp": 93,
    "timestamptz": 93, "money": 8,
}  # fmt: skip
OTHER: Final = 1111
"""A type's number is java.sql.Types'."""


def parameters(given: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, int]]:
    """Values and types, by name."""
    values: dict[str, Any] = {}
    types: dict[str, int] = {}
    for one in given:
        name, value = one.get("name", ""), one.get("value") or {}
        kind = next(iter(value), "isNull")
        if kind == "arrayValue":
            raise AwsError("BadRequestException", "Array parameters are not supported.")
        hint = one.get("typeHint")
        if hint and hint not in HINTS:
            raise AwsError("BadRequestException", f"typeHint {hint} is not one of {', '.join(HINTS)}.")
        values[name] = None if kind == "isNull" else value[kind]
        types[name] = HINTS[hint] if hint else SENT.get(kind, 0)
    return values, types


def field(value: Any, oid: int) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if oid == BOOL:
        return {"booleanValue": value}
    if oid in LONGS:
        return {"longValue": int(value)}
    if oid in DOUBLES:
        return {"doubleValue": float(value)}
    if oid == BYTEA:
        return {"blobValue": bytes(value)}
    if isinstance(value, str):
        return {"stringValue": value}
    raise AwsError("UnsupportedResultException", f"The result contains the unsupported data type {oid}.")


def metadata(column: Mapping[str, Any]) -> dict[str, Any]:
    name = NAMES.get(column["type_oid"], "other")
    return {"name": column["name"], "label": column["name"], "typeName": name, "type": JDBC.get(name, OTHER)}
