"""A container step: one SageMaker processing job of the image and program that the step names."""

from __future__ import annotations

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks
from mlops_iac.pipelines.compile.airflow.processing import processing_job
from mlops_iac.pipelines.steps import ContainerStep


def compile_container(step: ContainerStep, context: Context) -> Tasks:
    """Native: SageMakerProcessingOperator, with the image and the command."""
    image = jobs.own_image(step.image, context.bindings)
    return processing_job(step, context, {"ImageUri": image, "ContainerEntrypoint": [*step.command]})
