"""What each blueprint is and costs idle, without loading it: ``catalogue.json``, which docs/generate.py writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LITTLE = 5
"""Dollars a month that nobody looks twice at."""
FILE = Path(__file__).with_name("catalogue.json")


def read_catalogue() -> dict[str, dict[str, Any]]:
    """Of ours, by name: ``summary`` and what its ``about`` says; ``idle`` (``low``, ``usual``, ``high`` US dollars a
    month), ``items``, what makes it up, and ``sandbox``, the same sum in that security profile."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))["blueprints"]
    return found


def idle_words(priced: Mapping[str, Any]) -> str:
    """``about 92 $ a month, 3 $ as a sandbox``: an environment that nobody uses; the sandbox where a bill that is
    worth it falls by half."""
    usual, sandbox = priced["idle"]["usual"], priced["sandbox"]["usual"]
    words = f"about {usual:,.0f} $ a month" if usual >= 1 else "next to nothing"
    return f"{words}, {sandbox:,.0f} $ as a sandbox" if usual > LITTLE and sandbox < usual / 2 else words
