"""A map: one processing job, whose instances share the items."""

from __future__ import annotations

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import map_jobs
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks
from mlops_iac.pipelines.compile.airflow.processing import compile_processing
from mlops_iac.pipelines.steps import MapStep


def compile_map(step: MapStep, context: Context) -> Tasks:
    """Emulated: one SageMakerProcessingOperator that reads the list and runs its tasks; its instances share the items.

    Airflow maps a task over 1,024 items at most, as it is delivered (`core.max_map_length`). On a queue it is one
    container.
    """
    if step.containers > 1:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` has `containers: {step.containers}`; on Airflow one container works on the whole "
            "list, so 1 is allowed.",
            hint="leave out `containers`, or choose `orchestrator: step-functions`.",
        )
    return compile_processing(map_jobs.for_all_items(step), context)
