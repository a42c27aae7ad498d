"""Changes as API Gateway takes them: a list of operations on paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlops_iac.cloud.handlers._tags import TagCalls

TAGS = TagCalls(key=("resourceArn", "arn"), answer="tags")


def text(value: Any) -> str:
    """A patch's value: API Gateway takes texts only."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def replace(path: str, value: Any) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": text(value)}


def replaced(paths: Mapping[str, str], changed: Iterable[str], inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """``paths``: input to path. What is not said any more becomes empty."""
    return [replace(paths[name], inputs.get(name, "")) for name in sorted(changed) if name in paths]
