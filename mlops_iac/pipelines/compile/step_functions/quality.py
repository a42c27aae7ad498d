"""A quality step: the processing step that it is."""

from __future__ import annotations

from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.processing import compile_processing
from mlops_iac.pipelines.steps import QualityStep


def compile_quality(step: QualityStep, context: Context) -> States:
    """Native: createProcessingJob.sync of the script that is shipped, or the team's."""
    return compile_processing(step.processing(), context)
