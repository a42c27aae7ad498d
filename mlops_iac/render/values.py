"""A property value as people read it."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.engine.values.value import UNKNOWN, Secret

KNOWN_LATER = "(known after up)"
LONGEST = 80
"""Characters; a longer value is cut, because a diff is for reading."""
CONTEXT = 16
"""Characters shown on both sides of where two long texts differ."""


def render_value(value: Any) -> str:
    """One line; secrets and unknowns are named, never shown."""
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return KNOWN_LATER
    if value is None:
        return "(none)"
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _plain(value: Any) -> str:
    return render_value(value) if isinstance(value, Secret) or value is UNKNOWN else str(value)


def render_change(old: Any, new: Any) -> str:
    """``old → new``. Of two long texts the part that differs is shown: cut at the end, they would look alike."""
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > LONGEST:
        old, new = _around_the_difference(old, new)
    return f"{render_value(old)} → {render_value(new)}"


def _around_the_difference(old: str, new: str) -> tuple[str, str]:
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    first = max(0, start - CONTEXT)

    def part(text: str) -> str:
        last = min(len(text), len(text) - end + CONTEXT)
        return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"

    return part(old), part(new)


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
