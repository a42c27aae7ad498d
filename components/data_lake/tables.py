"""Glue tables: how Athena and Spark read a prefix of the lake. Class names are Hive's own."""

from __future__ import annotations

import re
from typing import Any

import pulumi

from mlops_iac.components.data_lake.args import ZONES, Table
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.suggestions import did_you_mean

_HIVE = "org.apache.hadoop.hive"
_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"

FORMATS: dict[str, dict[str, Any]] = {
    "csv": {
        "input_format": _TEXT_IN,
        "output_format": _TEXT_OUT,
        "ser_de_info": {
            "serialization_library": f"{_HIVE}.serde2.lazy.LazySimpleSerDe",
            "parameters": {"field.delim": ",", "serialization.format": ","},
        },
    },
    "json": {
        "input_format": _TEXT_IN,
        "output_format": _TEXT_OUT,
        "ser_de_info": {"serialization_library": "org.openx.data.jsonserde.JsonSerDe"},
    },
    "parquet": {
        "input_format": f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        "output_format": f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        "ser_de_info": {
            "serialization_library": f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
            "parameters": {"serialization.format": "1"},
        },
    },
}


def table_name(name: str) -> str:
    """The name in SQL: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


def properties(catalog: pulumi.Input[str], bucket: pulumi.Input[str], name: str, table: Table) -> dict[str, Any]:
    """The table's properties for Glue. Raises BlueprintError for a zone or a format that does not exist."""
    _known("zone", table.zone, ZONES, name)
    _known("format", table.format, FORMATS, name)
    parameters = {"classification": table.format, "EXTERNAL": "TRUE"}
    if table.format == "csv":
        parameters["skip.header.line.count"] = "1"
    return {
        "database_name": catalog,
        "table_type": "EXTERNAL_TABLE",
        "parameters": parameters,
        "storage_descriptor": {
            **FORMATS[table.format],
            "location": pulumi.Output.concat("s3://", bucket, f"/{table.zone}/{table.prefix}"),
            "columns": [{"name": column, "type": kind} for column, kind in table.columns.items()],
        },
    }


def _known(what: str, given: str, allowed: Any, name: str) -> None:
    if given not in allowed:
        shown = ", ".join(f"`{choice}`" for choice in allowed)
        detail = f"Table `{name}` has {what} `{given}`; it may be {shown}."
        raise BlueprintError(f"Unknown {what} of a table.", detail, hint=did_you_mean(given, allowed))
