"""``CREATE EXTERNAL TABLE`` as Glue's ``TableInput``, and what ``CREATE TABLE`` says of an Iceberg table. Pure."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.statement import Statement

_HIVE: Final = "org.apache.hadoop.hive"
_TEXT_IN: Final = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT: Final = f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"
_STORED_AS: Final = {
    "textfile": (_TEXT_IN, _TEXT_OUT, f"{_HIVE}.serde2.lazy.LazySimpleSerDe"),
    "parquet": (
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
}
"""File format to input format, output format and SerDe: Hive's own names."""


def table_input(statement: Statement) -> dict[str, Any]:
    """What Glue's CreateTable takes. Raises `QueryFailed` for what Athena itself would refuse, or is not read here."""
    from sqlglot import exp

    tree = statement.tree
    properties = tree.args["properties"].expressions if tree.args.get("properties") else []
    given = {
        type(each): each for each in properties if not isinstance(each, exp.Property) or type(each) is not exp.Property
    }
    if exp.ExternalProperty not in given or exp.LocationProperty not in given:
        raise QueryFailed("SYNTAX_ERROR", "a table needs EXTERNAL and a LOCATION; managed tables are Iceberg's")
    partitions = given.get(exp.PartitionedByProperty)
    inputs, outputs, library, settings = _format(given)
    return {
        "Name": statement.table.name if statement.table else "",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **_pairs(each for each in properties if type(each) is exp.Property)},
        "PartitionKeys": [_column(each) for each in partitions.this.expressions] if partitions else [],
        "StorageDescriptor": {
            "Columns": [_column(each) for each in tree.this.expressions],
            "Location": given[exp.LocationProperty].this.name,
            "InputFormat": inputs,
            "OutputFormat": outputs,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": settings},
        },
    }


def wants_iceberg(statement: Statement) -> bool:
    """Whether its properties say ``'table_type'='ICEBERG'``."""
    return _said(statement).get("table_type", "").upper() == "ICEBERG"


def iceberg_definition(statement: Statement) -> tuple[list[tuple[str, str]], str]:
    """Columns with the catalogue's types, and the location. Raises `QueryFailed` for what is not made here."""
    from sqlglot import exp

    said = {name: value for name, value in _said(statement).items() if name != "table_type"}
    if said.pop("format", "parquet").lower() != "parquet" or said:
        raise not_emulated(f"Iceberg tables with the properties {', '.join(sorted(_said(statement)))}")
    properties = statement.tree.args["properties"].expressions
    places = [each.this.name for each in properties if isinstance(each, exp.LocationProperty)]
    others = [each for each in properties if type(each) not in (exp.Property, exp.LocationProperty)]
    if any(isinstance(each, exp.ExternalProperty) for each in others):
        raise QueryFailed("SYNTAX_ERROR", "an Iceberg table is managed: leave out EXTERNAL")
    if others:
        raise not_emulated("Iceberg tables with partitions, or with a format of rows")
    if not places:
        raise QueryFailed("MISSING_TABLE_PROPERTY", "an Iceberg table needs a LOCATION")
    return [column_of(each) for each in statement.tree.this.expressions], places[0]


def column_of(definition: Any) -> tuple[str, str]:
    """Name and the catalogue's type of a column as SQL defines it."""
    column = _column(definition)
    return column["Name"], column["Type"]


def _said(statement: Statement) -> dict[str, str]:
    """TBLPROPERTIES, by lower-case names."""
    from sqlglot import exp

    properties = statement.tree.args.get("properties")
    given = [each for each in properties.expressions if type(each) is exp.Property] if properties else []
    return {name.lower(): value for name, value in _pairs(given).items()}


def _format(given: Any) -> tuple[str, str, str, dict[str, str]]:
    """Input format, output format, SerDe and the SerDe's settings."""
    from sqlglot import exp

    stored, serde, delimited = (
        given.get(kind) for kind in (exp.FileFormatProperty, exp.RowFormatSerdeProperty, exp.RowFormatDelimitedProperty)
    )
    inputs, outputs, library = _STORED_AS["textfile"]
    if stored is not None and isinstance(stored.this, exp.InputOutputFormat):
        inputs, outputs = stored.this.args["input_format"].name, stored.this.args["output_format"].name
    elif stored is not None:
        if stored.this.name.lower() not in _STORED_AS:
            raise not_emulated(f"tables stored as {stored.this.name.upper()}")
        inputs, outputs, library = _STORED_AS[stored.this.name.lower()]
    if serde is None:
        delimiter = delimited.args["fields"].name if delimited is not None and delimited.args.get("fields") else ""
        return (
            inputs,
            outputs,
            library,
            {"field.delim": delimiter, "serialization.format": delimiter} if delimiter else {},
        )
    settings = serde.args.get("serde_properties")
    return inputs, outputs, serde.this.name, _pairs(settings.expressions if settings else ())


def _pairs(properties: Any) -> dict[str, str]:
    return {each.this.name: each.args["value"].name for each in properties}


def _column(definition: Any) -> dict[str, str]:
    comments = [
        each.kind.this.name for each in definition.args.get("constraints") or () if hasattr(each.kind.this, "name")
    ]
    column = {
        "Name": definition.name.lower(),
        "Type": definition.kind.sql("hive").lower().replace(", ", ",").replace(": ", ":"),
    }
    return {**column, "Comment": comments[0]} if comments else column
