"""A processing step: one SageMaker processing job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs
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
    return processing_job(step, context, application, folder_input("code", x.CODE_URI, step))


def processing_job(step: FoldersStep, context: Context, application: State, *inputs: State) -> States:
    """One SageMaker processing job of a program, waited for; ``inputs`` come before the step's own."""
    bindings = context.bindings
    key = {"KmsKeyId": bindings.key_arn} if bindings.key_arn else {}
    parameters = {
        "ProcessingJobName.$": context.job_name(step),
        "RoleArn": bindings.job_role_arn,
        "AppSpecification": {**application, **_arguments(step, context)},
        "ProcessingInputs": [
            *inputs,
            *(folder_input(name, context.uri(source), step) for name, source in step.inputs.items()),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [_output(name, context.folder_uri(output), step) for name, output in step.outputs.items()],
            **key,
        },
        "ProcessingResources": {"ClusterConfig": jobs.cluster(step.job, bindings)},
        "NetworkConfig": {**jobs.isolation(step.job, bindings), **jobs.vpc(bindings)},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.job_seconds},
        "Environment": {**step.environment, **context.environment()},
        "Tags": context.tags(),
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
    order = {
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
                **({"always": True} if output.per == "code" else {}),
            }
            for name, output in step.outputs.items()
        ],
    }
    return on_batch.launched(step, order, context, step.environment)


def folder_input(name: str, uri: str, step: FoldersStep) -> dict[str, Any]:
    place = jobs.input_place(step, name)
    return {"InputName": name, "S3Input": {"S3Uri.$": uri, **place}}


def _output(name: str, uri: str, step: FoldersStep) -> dict[str, Any]:
    place = {"LocalPath": step.path("output", name), "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": {"S3Uri.$": uri, **place}}


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
