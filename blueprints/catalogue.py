"""What each blueprint is and costs idle, without loading it: ``catalogue.json``, which docs/generate.py writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("catalogue.json")


def read_catalogue() -> dict[str, dict[str, Any]]:
    """Of ours, by name: ``summary`` and what its ``about`` says; ``idle`` (``low``, ``usual``, ``high`` US dollars a
    month) and ``items``, what makes it up."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))["blueprints"]
    return found


def idle_words(idle: Mapping[str, float]) -> str:
    """``about 4 $``: a month of an environment that nobody uses."""
    usual = idle["usual"]
    return f"about {usual:,.0f} $" if usual >= 1 else "next to nothing"
