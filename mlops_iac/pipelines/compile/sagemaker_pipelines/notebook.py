"""A notebook step: the processing step that it is."""

from __future__ import annotations

from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import compile_processing
from mlops_iac.pipelines.steps import NotebookStep


def compile_notebook(step: NotebookStep, context: Context) -> list[Native]:
    """Native: a Processing step of a script that is shipped, in which papermill executes the notebook."""
    return compile_processing(step.processing(), context)
