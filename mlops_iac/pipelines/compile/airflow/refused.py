"""Kinds of steps that Airflow cannot run here, with the reason that a person is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSED: Final[Mapping[str, str]] = {
    "query": "The provider's AthenaOperator sends SQL as one text and has no place for values apart from it.",
    "spark": "It needs an EMR Serverless application, which no component makes yet; "
    "a `container` step runs Spark in an image that has it.",
}
"""Kind to reason: a sentence. Sorted."""

REFUSED_COMPUTE: Final[Mapping[str, str]] = {
    "batch": "scripts on a queue of AWS Batch are not compiled for it yet.",
}
"""Where scripts cannot run, to the reason."""

REFUSED_FIELDS: Final[Mapping[str, str]] = {
    "cache": "what a run before made is not taken over by a DAG yet.",
}
"""What steps of several kinds may say, to the reason."""
