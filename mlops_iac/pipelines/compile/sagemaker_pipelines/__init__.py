"""Pipelines as SageMaker Pipelines definitions, in JSON of version 2020-12-01:
https://docs.aws.amazon.com/sagemaker/latest/dg/define-pipeline.html

``compile`` is pure. Steps that do not need each other run at the same time; every native step that belongs to a step is
called like the step, or ``<step>--<what>``.
"""

from __future__ import annotations

from mlops_iac.pipelines.compile.sagemaker_pipelines.document import COMPILERS, compile, step_of
from mlops_iac.pipelines.compile.sagemaker_pipelines.grants import grants_for
from mlops_iac.pipelines.compile.sagemaker_pipelines.refused import REFUSED, REFUSED_COMPUTE
from mlops_iac.pipelines.compile.sagemaker_pipelines.starting import start_request

__all__ = ["COMPILERS", "REFUSED", "REFUSED_COMPUTE", "compile", "grants_for", "start_request", "step_of"]
