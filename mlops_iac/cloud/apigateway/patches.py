"""API Gateway's updates: lists of operations on paths, after RFC 6902.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from mlops_iac.cloud.apigateway.records import bad_request

Cast = Callable[[str], Any]


def truth(text: str) -> bool:
    return text.lower() == "true"


def number(text: str) -> int:
    """Raises `AwsError` for what is none."""
    try:
        return int(text)
    except ValueError:
        raise bad_request(f"Invalid patch value '{text}' specified. Must be a number") from None


def rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise bad_request(f"Invalid patch value '{text}' specified. Must be a number") from None


def apply(record: dict[str, Any], operations: list[dict[str, Any]], casts: Mapping[str, Cast]) -> None:
    """Change a record, by all operations or by none. ``casts``: the paths that may change, to what becomes of their
    value.

    A path of two parts lies in a structure: ``/throttle/rateLimit``. Raises `AwsError` for any other path.
    """
    changed = copy.deepcopy(record)
    for each in operations:
        path, verb = each["path"], each["op"]
        parts = path.strip("/").split("/")
        inside = changed
        if path not in casts or len(parts) > 2 or verb not in ("add", "replace", "remove"):
            raise refused(path, casts)
        for part in parts[:-1]:
            inside = inside.setdefault(part, {})
        if verb == "remove":
            inside.pop(parts[-1], None)
        else:
            inside[parts[-1]] = casts[path](each.get("value") or "")
    record.clear()
    record.update(changed)


def refused(path: str, known: Mapping[str, Any]) -> Exception:
    return bad_request(f"Invalid patch path '{path}' specified for op. Must be one of: [{', '.join(sorted(known))}]")
