"""A processing step: one SageMaker processing job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import ProcessingStep
from mlops_iac.pipelines.steps.folders import FoldersStep

OPERATOR = "SageMakerProcessingOperator"


def compile_processing(step: ProcessingStep, context: Context) -> Tasks:
    """Native: SageMakerProcessingOperator."""
    application = {
        "ImageUri": jobs.image(step.job, context.bindings),
        "ContainerEntrypoint": jobs.command(step.script),
    }
    return processing_job(step, context, application, requests.processing_input("code", x.CODE_URI, step, context))


def processing_job(step: FoldersStep, context: Context, application: dict[str, Any], *inputs: Any) -> Tasks:
    """One SageMaker processing job of a program; ``inputs`` come before the step's own."""
    config = {
        "ProcessingJobName": x.name(step.name),
        **requests.processing(step, context, {**application, **_arguments(step)}, inputs, context.environment()),
    }
    return {step.name: task(OPERATOR, config=config, seconds=step.job_seconds)}


def _arguments(step: FoldersStep) -> dict[str, Any]:
    """``--name value`` pairs. A number becomes text, which is what a program's arguments are."""
    parts: list[Any] = []
    for name, value in step.arguments.items():
        parts += [f"--{name}", x.text(x.parameter(value.parameter)) if isinstance(value, FromParameter) else value]
    return {"ContainerArguments": parts} if parts else {}
