"""Kinds of steps that Airflow cannot run here, with the reason that a person is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSED: Final[Mapping[str, str]] = {}
"""Kind to reason: a sentence. Sorted."""
