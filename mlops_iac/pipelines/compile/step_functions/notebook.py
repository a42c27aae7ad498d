"""A notebook step: the processing step that it is."""

from __future__ import annotations

from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.processing import compile_processing
from mlops_iac.pipelines.steps import NotebookStep


def compile_notebook(step: NotebookStep, context: Context) -> States:
    """Native: createProcessingJob.sync of a script that is shipped, in which papermill executes the notebook."""
    return compile_processing(step.processing(), context)
