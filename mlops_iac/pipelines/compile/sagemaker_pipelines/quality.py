"""A quality step: the processing step that it is."""

from __future__ import annotations

from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import compile_processing
from mlops_iac.pipelines.steps import QualityStep


def compile_quality(step: QualityStep, context: Context) -> list[Native]:
    """Native: a Processing step of the script that is shipped, or the team's."""
    return compile_processing(step.processing(), context)
