"""A processing step: one SageMaker processing job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests, tracking
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow import on_batch
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import ProcessingStep
from mlops_iac.pipelines.steps.folders import CODE_PATH, FoldersStep

OPERATOR = "SageMakerProcessingOperator"


def compile_processing(step: ProcessingStep, context: Context) -> Tasks:
    """Native: SageMakerProcessingOperator."""
    if step.compute == "batch":
        return _on_batch(step, context)
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


def _on_batch(step: ProcessingStep, context: Context) -> Tasks:
    outputs = [
        {
            **on_batch.folder(name, step.path("output", name), context.folder_uri(output)),
            **({"always": True} if output.always or output.per == "code" else {}),
        }
        for name, output in step.outputs.items()
    ]
    if logged := tracking.output(step, context.bindings):
        place = on_batch.folder(tracking.OUTPUT, tracking.IN_PROCESSING, context.folder_uri(logged))
        outputs.append({**place, "always": True})
    order = {
        "kind": ProcessingStep.kind,  # what evaluates is a processing job like any other
        "script": step.script,
        "arguments": _arguments(step).get("ContainerArguments", []),
        "inputs": [
            on_batch.folder("code", CODE_PATH, x.CODE_URI),
            *(on_batch.folder(name, step.path("input", name), context.uri(of)) for name, of in step.inputs.items()),
        ],
        "outputs": outputs,
    }
    return on_batch.launched(step, order, context, requests.processing_variables(step, context))


def _arguments(step: FoldersStep) -> dict[str, Any]:
    """``--name value`` pairs. A number becomes text, which is what a program's arguments are."""
    parts: list[Any] = []
    for name, value in step.arguments.items():
        parts += [f"--{name}", x.text(x.parameter(value.parameter)) if isinstance(value, FromParameter) else value]
    return {"ContainerArguments": parts} if parts else {}
