"""Steps that are a processing step of a script that is shipped, or of the team's."""

from __future__ import annotations

from mlops_iac.pipelines.compile.airflow.context import Context, Tasks
from mlops_iac.pipelines.compile.airflow.processing import compile_processing
from mlops_iac.pipelines.steps import BaselineStep, BiasStep, ExplainStep, NotebookStep, QualityStep, SkewStep


def compile_shipped(
    step: BaselineStep | BiasStep | ExplainStep | NotebookStep | QualityStep | SkewStep, context: Context
) -> Tasks:
    """Native: SageMakerProcessingOperator of the script that is shipped, or the team's."""
    return compile_processing(step.processing(), context)
