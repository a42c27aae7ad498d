"""Glue tables: how Athena and Spark read a prefix of the lake, or keep an Iceberg table there. Names are Hive's own."""

from __future__ import annotations

import re
from typing import Any

import pulumi

from mlops_iac.components.data_lake.args import ZONES, Table
from mlops_iac.core import iceberg
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


def options(table: Table) -> pulumi.ResourceOptions | None:
    """What the life of a table needs.

    Of an Iceberg table each INSERT writes into the catalogue's parameters where its newest metadata lies, and into
    those of columns their ids; an UpdateTable by Pulumi would put back what it knew. So parameters are left alone, and
    whatever else changes makes the table anew, over the files that lie there.
    """
    if table.format != iceberg.FORMAT:
        return None
    left_alone = ["parameters", "storageDescriptor.columns[*].parameters"]
    return pulumi.ResourceOptions(ignore_changes=left_alone, replace_on_changes=["*"], delete_before_replace=True)


def place(name: str, table: Table) -> str:
    """Prefix of its files. An Iceberg table never has a whole zone: a DROP TABLE removes all that lies below it."""
    own = f"{table_name(name)}/" if table.format == iceberg.FORMAT else ""
    return f"{table.zone}/{table.prefix or own}"


def table_name(name: str) -> str:
    """The name in SQL: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


def properties(catalog: pulumi.Input[str], bucket: pulumi.Input[str], name: str, table: Table) -> dict[str, Any]:
    """The table's properties for Glue. Raises BlueprintError for a zone, a format or a type that does not exist."""
    _known("zone", table.zone, ZONES, name)
    _known("format", table.format, (*FORMATS, iceberg.FORMAT), name)
    if table.format == iceberg.FORMAT:
        return _iceberg(catalog, bucket, name, table)
    parameters = {"classification": table.format, "EXTERNAL": "TRUE"}
    if table.format == "csv":
        parameters["skip.header.line.count"] = "1"
    return {
        "database_name": catalog,
        "table_type": "EXTERNAL_TABLE",
        "parameters": parameters,
        "storage_descriptor": {
            **FORMATS[table.format],
            "location": pulumi.Output.concat("s3://", bucket, f"/{place(name, table)}"),
            "columns": [{"name": column, "type": kind} for column, kind in table.columns.items()],
        },
    }


def _iceberg(catalog: pulumi.Input[str], bucket: pulumi.Input[str], name: str, table: Table) -> dict[str, Any]:
    """Glue writes the first metadata itself, of format version 2, which Athena writes:
    https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html."""
    for column, kind in table.columns.items():
        if fault := iceberg.find_fault(kind):
            detail = f"Column `{column}` of the Iceberg table `{name}` is `{kind}`; it {fault}."
            raise BlueprintError("Iceberg has no such type.", detail, hint=did_you_mean(kind, iceberg.TYPES))
    return {
        "database_name": catalog,
        "table_type": "EXTERNAL_TABLE",
        "open_table_format_input": {"iceberg_input": {"metadata_operation": "CREATE", "version": "2"}},
        "storage_descriptor": {
            "location": pulumi.Output.concat("s3://", bucket, f"/{place(name, table).rstrip('/')}"),
            "columns": [{"name": column, "type": kind} for column, kind in table.columns.items()],
        },
    }


def _known(what: str, given: str, allowed: Any, name: str) -> None:
    if given not in allowed:
        shown = ", ".join(f"`{choice}`" for choice in allowed)
        detail = f"Table `{name}` has {what} `{given}`; it may be {shown}."
        raise BlueprintError(f"Unknown {what} of a table.", detail, hint=did_you_mean(given, allowed))
