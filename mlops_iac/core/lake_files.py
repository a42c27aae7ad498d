"""Files of JSON in the lake, as functions of an environment read them.

This file is part of these functions' code and needs nothing but the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

NOT_THERE: Final = ("NoSuchKey", "404")


def read(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    """An object of JSON, or nothing where there is none."""
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in NOT_THERE:
            raise
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def numbers(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    """Every number by its dotted name, without ``metrics.``, as gates and people name it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from numbers(item, (*path, str(name)))
    elif isinstance(value, int | float) and not isinstance(value, bool) and len(path) > 1 and abs(value) < float("inf"):
        yield ".".join(path[1:] if path[0] == "metrics" else path), value
