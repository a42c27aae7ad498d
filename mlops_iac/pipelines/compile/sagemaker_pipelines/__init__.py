"""Pipelines as SageMaker Pipelines definitions, in JSON of version 2020-12-01:
https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html

``compile`` is pure. Steps that do not need each other run at the same time; every native step that belongs to a step is
called like the step, or ``<step>--<what>``.
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.sagemaker_pipelines.compilers import COMPILERS
from mlops_iac.pipelines.compile.sagemaker_pipelines.document import compile, step_of
from mlops_iac.pipelines.compile.sagemaker_pipelines.grants import grants_for
from mlops_iac.pipelines.compile.sagemaker_pipelines.reading import parts_of
from mlops_iac.pipelines.compile.sagemaker_pipelines.refused import REFUSED, REFUSED_COMPUTE
from mlops_iac.pipelines.compile.sagemaker_pipelines.starting import start_request

TELLS_WHO_STARTS: Final = True

__all__ = [
    "COMPILERS",
    "REFUSED",
    "REFUSED_COMPUTE",
    "TELLS_WHO_STARTS",
    "compile",
    "grants_for",
    "parts_of",
    "start_request",
    "step_of",
]
