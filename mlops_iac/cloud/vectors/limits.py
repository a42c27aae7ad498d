"""What AWS refuses, in its words where they are known.

Limits: "Limitations and restrictions" of S3 Vectors in the S3 user guide, and botocore's model of the service.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.wire import AwsError

MOST_DIMENSIONS: Final = 4096
MOST_PUT: Final = 500
MOST_GOT: Final = 100
MOST_LISTED: Final = 1000
USUAL_LISTED: Final = 500
MOST_NAMED: Final = 500
"""Buckets or indexes of one page."""
MOST_FOUND: Final = 100
"""``topK``."""
MOST_KEY: Final = 1024
MOST_METADATA: Final = 40 * 1024
MOST_FILTERABLE: Final = 2 * 1024
MOST_METADATA_KEYS: Final = 50
MOST_HIDDEN_KEYS: Final = 10
METRICS: Final = ("cosine", "euclidean")

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def bad_value(path: str, constraint: str, count: int = 1) -> AwsError:
    said = f"{count} validation error{'s' if count > 1 else ''} detected."
    return invalid(f"{said} Value at '{path}' failed to satisfy constraint: {constraint}")


def check_name(path: str, name: str) -> None:
    if not 3 <= len(name) <= 63:
        raise invalid(
            f"1 validation error detected. Value with length {len(name)} at '{path}' failed to satisfy constraint: "
            "Member must have length between 3 and 63, inclusive"
        )
    if not _NAME.fullmatch(name):
        raise invalid(f"Invalid {'index' if 'index' in path.lower() else 'vector bucket'} name")


def check_between(path: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise bad_value(path, f"Member must be between {least} and {most}, inclusive")


def check_count(path: str, items: Sequence[Any], most: int) -> None:
    if not 1 <= len(items) <= most:
        raise invalid(
            f"1 validation error detected. Value with length {len(items)} at '{path}' failed to satisfy constraint: "
            f"Member must have length between 1 and {most}, inclusive"
        )


def check_one_of(path: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise bad_value(path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")


def check_key(key: str) -> None:
    if not 1 <= len(key) <= MOST_KEY:
        raise invalid(
            f"1 validation error detected. Value with length {len(key)} at '/key' failed to satisfy constraint: "
            f"Member must have length between 1 and {MOST_KEY}, inclusive"
        )


def check_vector(subject: str, values: Any, dimension: int, metric: str) -> None:
    """``subject``: what the sentence begins with, ``Invalid record for key 'a'``."""
    if not isinstance(values, list) or len(values) != dimension:
        length = len(values) if isinstance(values, list) else 0
        raise invalid(f"{subject}: vector must have length {dimension}, but has length {length}")
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        raise invalid(f"{subject}: vector contains invalid values, NaN and Infinity are not supported")
    if metric == "cosine" and not any(values):
        raise invalid(f"{subject}: cosine distance does not support vectors with zero norm")


def check_metadata(key: str, metadata: Any, hidden: frozenset[str]) -> None:
    """``hidden``: the keys that no filter sees."""
    subject = f"Invalid record for key '{key}'"
    if not isinstance(metadata, Mapping):
        raise invalid(f"{subject}: metadata must be an object")
    if len(metadata) > MOST_METADATA_KEYS:
        raise invalid(f"{subject}: Metadata must have at most {MOST_METADATA_KEYS} keys")
    for name, value in metadata.items():
        if not _is_plain(value):
            raise invalid(f"{subject}: Metadata values must be strings, numbers, booleans or lists of these: '{name}'")
    if _size(metadata) > MOST_METADATA:
        raise invalid(f"{subject}: Total metadata must have at most {MOST_METADATA} bytes")
    if _size({name: value for name, value in metadata.items() if name not in hidden}) > MOST_FILTERABLE:
        raise invalid(f"{subject}: Filterable metadata must have at most {MOST_FILTERABLE} bytes")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | bool | int | float) for one in value)
    return isinstance(value, str | bool | int | float)


def _size(metadata: Mapping[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
