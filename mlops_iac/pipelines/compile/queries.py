"""What Athena is asked by a query step, on every target."""

from __future__ import annotations

from typing import Final

FORMATS: Final = {
    "csv": "format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE'",
    "json": "format = 'JSON', compression = 'NONE'",
    "parquet": "format = 'PARQUET'",
}
"""The options of an UNLOAD: https://docs.aws.amazon.com/athena/latest/ug/unload.html"""
