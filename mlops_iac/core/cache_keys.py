"""Keys by content: equal for equal values, whoever computes them and whenever."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

FORMAT: Final = 1
"""Part of every key: raise it when equal work would be written otherwise."""

DIGITS: Final = 32


def key_of(*parts: Any) -> str:
    """Hexadecimal digits that say what values are, which JSON can hold; keys of maps have no order."""
    text = json.dumps([FORMAT, *parts], sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
