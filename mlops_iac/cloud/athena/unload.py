"""``UNLOAD (query) TO 's3://…'``: a query's answer as files, in a folder that must be empty."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.athena.engine import Engine
from mlops_iac.cloud.athena.failure import QueryFailed, not_emulated
from mlops_iac.cloud.athena.locations import split_location
from mlops_iac.cloud.athena.statement import Statement

_FORMATS: Final = {
    "JSON": ("FORMAT json", ".json"),
    "PARQUET": ("FORMAT parquet", ".parquet"),
    "TEXTFILE": ("FORMAT csv, HEADER false, DELIM '{delimiter}'", ".csv"),
}
"""Athena's word to DuckDB's COPY options and the name's end."""

_COMPRESSIONS: Final = {"GZIP": "gzip", "NONE": "uncompressed"}
"""Athena's word to DuckDB's. Athena compresses by GZIP when nothing is said:
https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html"""


def write(engine: Engine, statement: Statement, clients: Clients, record: Mapping[str, Any], folder: Path) -> list[str]:
    """One file below the location; answers where it is. Raises `QueryFailed` when something is there already."""
    unknown = set(statement.properties) - {"format", "field_delimiter", "compression"}
    if unknown:
        raise not_emulated(f"UNLOAD with {', '.join(sorted(unknown))}")
    kind = statement.properties.get("format", "").upper()
    if kind not in _FORMATS:
        raise not_emulated(f"UNLOAD in format `{kind}`; it may be {', '.join(_FORMATS)}")
    options, ending = _FORMATS[kind]
    packed = statement.properties.get("compression", "GZIP").upper()
    if packed not in _COMPRESSIONS:
        raise not_emulated(f"UNLOAD with compression `{packed}`; it may be {', '.join(_COMPRESSIONS)}")
    options += f", COMPRESSION {_COMPRESSIONS[packed]}"
    ending += ".gz" if packed == "GZIP" and kind != "PARQUET" else ""
    delimiter = statement.properties.get("field_delimiter", "\x01").replace("'", "''")
    bucket, prefix = split_location(statement.location)
    s3 = clients("s3")
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"):
        raise QueryFailed("HIVE_PATH_ALREADY_EXISTS", f"Target directory s3://{bucket}/{prefix} is not empty")
    path = folder / f"unload{ending}"
    engine.write(statement, path, options.format(delimiter=delimiter))
    with path.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=f"{prefix}{record['QueryExecutionId']}{ending}", Body=body)
    return [f"s3://{bucket}/{prefix}{record['QueryExecutionId']}{ending}"]
