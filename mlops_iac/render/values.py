"""A property value as people read it."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.engine.values import UNKNOWN, Secret

UNKNOWN_TEXT = "(known after up)"
LONGEST = 80
"""Characters; a longer value is cut, because a diff is for reading."""


def render_value(value: Any) -> str:
    """One line; secrets and unknowns are named, never shown."""
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if value is None:
        return "(none)"
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _plain(value: Any) -> str:
    return render_value(value) if isinstance(value, Secret) or value is UNKNOWN else str(value)


def render_document_change(old: Any, new: Any) -> list[tuple[str, Any, Any]] | None:
    """When both are JSON documents in strings: the paths inside that differ, as (path, old, new).

    A policy or a state machine that differs in one word is otherwise two walls of text.
    """
    before, after = _parse(old), _parse(new)
    if before is None or after is None:
        return None
    changes: list[tuple[str, Any, Any]] = []
    _compare("", before, after, changes)
    return changes


def _parse(value: Any) -> Any:
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _compare(path: str, old: Any, new: Any, changes: list[tuple[str, Any, Any]]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) | set(new)):
            _compare(f"{path}.{key}" if path else key, old.get(key), new.get(key), changes)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            _compare(f"{path}[{index}]", a, b, changes)
    elif old != new:
        changes.append((path, old, new))
