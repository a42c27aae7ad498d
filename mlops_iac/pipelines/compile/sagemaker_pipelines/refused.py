"""Kinds of steps that SageMaker Pipelines cannot run, with the reason that a person is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REFUSED: Final[Mapping[str, str]] = {}
"""Kind to reason: a sentence. Sorted."""

REFUSED_COMPUTE: Final[Mapping[str, str]] = {
    "batch": "it has no type of step that submits a job to AWS Batch.",
}
"""Where scripts cannot run, to the reason. Types of steps: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html"""
