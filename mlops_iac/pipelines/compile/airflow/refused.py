"""Kinds of steps that Airflow cannot run here, with the reason that a person is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSED: Final[Mapping[str, str]] = {
    "spark": "It needs an EMR Serverless application, which no component makes yet; "
    "a `container` step runs Spark in an image that has it.",
}
"""Kind to reason: a sentence. Sorted."""
