"""Values as YAML that every reader reads the same: plain only when nothing could mistake it, else double-quoted."""

from __future__ import annotations

import json
import re
from typing import Any

from mlops_iac.config.scalars import AmbiguousNumber, parse_plain

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/@-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Read as a truth value or as nothing by YAML 1.1."""

_RISKY = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]")
"""Characters that YAML refuses or that no one can see."""


def scalar(value: str | int | float | bool | None) -> str:
    """One value on one line. Text that is not plain is quoted as JSON quotes it, which YAML 1.2 reads alike."""
    if not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and _stays_text(value):
        return value
    value.encode()  # Half of a surrogate pair cannot be written; UnicodeEncodeError says so.
    return _RISKY.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _stays_text(value: str) -> bool:
    try:
        return isinstance(parse_plain(value), str)
    except AmbiguousNumber:
        return False


def flow(value: Any) -> str:
    """A value on one line, mappings and lists in braces and brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def block(value: Any, indent: int = 0, width: int = 100) -> list[str]:
    """A mapping as lines, each entry in flow style where that fits the width."""
    lines: list[str] = []
    for key, item in value.items():
        start = f"{' ' * indent}{scalar(str(key))}:"
        line = f"{start} {flow(item)}"
        if isinstance(item, dict) and item and len(line) > width:
            lines += [start, *block(item, indent + 2, width)]
        else:
            lines.append(line)
    return lines
