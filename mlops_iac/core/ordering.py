"""The order in which people expect names: team2 before team10."""

from __future__ import annotations

import re

Key = tuple[tuple[int, int, str], ...]

_PART = re.compile(r"(\d+)|(\D+)", re.ASCII)


def natural(name: str) -> Key:
    """A key to sort names by: numbers in them by their value, everything else as text."""
    parts = ((int(digits) if digits else 0, digits, text) for digits, text in _PART.findall(name))
    return tuple((0, value, digits) if digits else (1, 0, text) for value, digits, text in parts)
