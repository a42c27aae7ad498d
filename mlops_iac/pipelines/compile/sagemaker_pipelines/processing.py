"""A processing step: one SageMaker processing job. What gates read of its outputs become property files."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.retries import policies
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import ProcessingStep
from mlops_iac.pipelines.steps.folders import FoldersStep


def compile_processing(step: ProcessingStep, context: Context) -> list[Native]:
    """Native: a Processing step."""
    application = {
        "ImageUri": jobs.image(step.job, context.bindings),
        "ContainerEntrypoint": jobs.command(step.script),
    }
    return processing_job(
        step, context, application, requests.processing_input("code", x.get(x.CODE_URI), step, context)
    )


def processing_job(step: FoldersStep, context: Context, application: Native, *inputs: Native) -> list[Native]:
    """One SageMaker processing job of a program; ``inputs`` come before the step's own."""
    arguments = {
        "ProcessingJobName": context.job_name,
        **requests.processing(step, context, {**application, **_arguments(step)}, inputs, context.environment(step)),
    }
    files = [
        {"PropertyFileName": output, "OutputName": output, "FilePath": EVALUATION}
        for output in context.evaluations(step.name)
    ]
    native: Native = {
        "Name": step.name,
        "Type": "Processing",
        "Arguments": arguments,
        "RetryPolicies": policies(step),
        **context.cache(step),
    }
    return [{**native, "PropertyFiles": files} if files else native]


def _arguments(step: FoldersStep) -> dict[str, Any]:
    """``--name value`` pairs. A number becomes text, which is what a program's arguments are."""
    parts: list[Any] = []
    for name, value in step.arguments.items():
        parts.append(f"--{name}")
        parts.append(x.join(x.get(value.parameter)) if isinstance(value, FromParameter) else value)
    return {"ContainerArguments": parts} if parts else {}
