"""A processing step: one SageMaker processing job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests, tracking
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import on_batch
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import ProcessingStep
from mlops_iac.pipelines.steps.folders import CODE_PATH, FoldersStep


def compile_processing(step: ProcessingStep, context: Context) -> States:
    """Native: createProcessingJob.sync."""
    if step.compute == "batch":
        return _on_batch(step, context)
    application = {
        "ImageUri": jobs.image(step.job, context.bindings),
        "ContainerEntrypoint": jobs.command(step.script),
    }
    return processing_job(step, context, application, requests.processing_input("code", x.CODE_URI, step, context))


def processing_job(step: FoldersStep, context: Context, application: State, *inputs: State) -> States:
    """One SageMaker processing job of a program, waited for; ``inputs`` come before the step's own."""
    parameters = {
        "ProcessingJobName.$": context.job_name(step),
        **requests.processing(
            step, context, {**application, **_arguments(step, context)}, inputs, context.environment()
        ),
    }
    call = task(
        "sagemaker:createProcessingJob.sync",
        parameters,
        context.next,
        generic="SageMaker.AmazonSageMakerException",
        of=step,
        # The folders say it all; a job's description would only fill the payload.
        ResultPath=None,
    )
    return {step.name: call}


def _on_batch(step: ProcessingStep, context: Context) -> States:
    arguments = _arguments(step, context) or {"ContainerArguments": []}
    order: dict[str, Any] = {
        "kind": ProcessingStep.kind,  # what evaluates is a processing job like any other
        "script": step.script,
        **{key.replace("ContainerArguments", "arguments"): value for key, value in arguments.items()},
        "inputs": [
            on_batch.folder("code", CODE_PATH, x.CODE_URI),
            *(on_batch.folder(name, step.path("input", name), context.uri(of)) for name, of in step.inputs.items()),
        ],
        "outputs": [
            {
                **on_batch.folder(name, step.path("output", name), context.folder_uri(output)),
                **({"always": True} if output.always or output.per == "code" else {}),
            }
            for name, output in step.outputs.items()
        ],
    }
    if logged := tracking.output(step, context.bindings):
        place = on_batch.folder(tracking.OUTPUT, tracking.IN_PROCESSING, context.folder_uri(logged))
        order["outputs"].append({**place, "always": True})
    return on_batch.launched(step, order, context, requests.processing_variables(step, context))


def _arguments(step: FoldersStep, context: Context) -> dict[str, Any]:
    """``--name value`` pairs; one that comes from the run makes the whole list an expression."""
    told = context.told()
    if not told and not any(isinstance(value, FromParameter) for value in step.arguments.values()):
        words = [part for name, value in step.arguments.items() for part in (f"--{name}", value)]
        return {"ContainerArguments": words} if words else {}
    parts: list[str] = []
    for name, expression in told.items():
        parts += (x.quoted(f"--{name}"), expression)
    for name, value in step.arguments.items():
        parts.append(x.quoted(f"--{name}"))
        parts.append(
            x.text("{}", x.parameter(value.parameter)) if isinstance(value, FromParameter) else x.quoted(value)
        )
    return {"ContainerArguments.$": x.array(*parts)}
