"""A map: one processing job, whose instances share the items."""

from __future__ import annotations

from mlops_iac.pipelines.compile import map_jobs
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import compile_processing
from mlops_iac.pipelines.steps import MapStep


def compile_map(step: MapStep, context: Context) -> list[Native]:
    """Emulated: one Processing step that reads the list and runs its tasks; its instances share the items.

    AWS's guide to types of steps names no loop over a list that is known only when a run is under way.
    """
    return compile_processing(map_jobs.for_all_items(step), context)
