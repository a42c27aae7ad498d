"""vCPUs and memory of AWS's machines: a dated table (``machine_sizes.json``), read without a network. What is not in it
is not known.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any, NamedTuple


class Size(NamedTuple):
    """Of one machine."""

    vcpus: int
    memory_gib: float


def size_of(instance_type: str) -> Size | None:
    """Of ``ml.m5.large``, or ``m5.large``; None for a type that the table lacks."""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    found = _table()["families"].get(family, {}).get(size)
    return Size(*found) if found else None


def sources() -> list[dict[str, str]]:
    return [{"part": "sizes", "as_of": _table()["as_of"], "source": _table()["source"]}]


@functools.cache
def _table() -> Any:
    return json.loads((resources.files(__package__) / "machine_sizes.json").read_text("utf-8"))
