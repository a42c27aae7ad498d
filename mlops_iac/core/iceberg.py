"""Types of columns that an Iceberg table can have, in the words of Glue's catalogue.

https://iceberg.apache.org/spec/#primitive-types; nested ones are left out, as the embedded cloud does not write them.
"""

from __future__ import annotations

import re
from typing import Final

FORMAT: Final = "iceberg"

TYPES: Final = (
    "bigint", "binary", "boolean", "date", "double", "float", "int", "string", "timestamp", "decimal(p,s)",
)  # fmt: skip

MOST_DIGITS: Final = 38


def find_fault(kind: str) -> str | None:
    """Why a column cannot have this type, or None: ``may be bigint, …``."""
    decimal = re.fullmatch(r"decimal\((\d{1,2}),(\d{1,2})\)", kind.replace(" ", "").lower())
    if decimal and int(decimal[2]) <= int(decimal[1]) <= MOST_DIGITS and int(decimal[1]):
        return None
    return None if kind.lower() in TYPES[:-1] else f"may be {', '.join(TYPES)}"
