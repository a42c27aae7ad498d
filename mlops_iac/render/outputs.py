"""A stack's outputs as text: one line a value, what belongs together indented together."""

from __future__ import annotations

from typing import Any

from mlops_iac.render.values import render_value


def render_outputs(values: Any) -> str:
    """A nested mapping as an indented list; a single value as itself, without quotes."""
    if isinstance(values, dict):
        return "\n".join(_lines(values, 0))
    return values if isinstance(values, str) else render_value(values)


def _lines(values: dict[str, Any], depth: int) -> list[str]:
    indent = "  " * depth
    width = max((len(key) for key, value in values.items() if not _nested(value)), default=0)
    lines = []
    for key, value in values.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{key}", *_lines(value, depth + 1)]
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            lines.append(f"{indent}{key}")
            lines += [f"{indent}  {'  '.join(str(part) for part in item.values())}" for item in value]
        else:
            text = value if isinstance(value, str) else render_value(value)
            lines.append(f"{indent}{key:<{width}}  {text}")
    return lines


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)
