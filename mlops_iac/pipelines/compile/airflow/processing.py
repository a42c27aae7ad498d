"""A processing step: one SageMaker processing job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs
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
    return processing_job(step, context, application, folder_input("code", x.CODE_URI, step))


def processing_job(step: FoldersStep, context: Context, application: dict[str, Any], *inputs: Any) -> Tasks:
    """One SageMaker processing job of a program; ``inputs`` come before the step's own."""
    bindings = context.bindings
    key = {"KmsKeyId": bindings.key_arn} if bindings.key_arn else {}
    config = {
        "ProcessingJobName": x.name(step.name),
        "RoleArn": bindings.job_role_arn,
        "AppSpecification": {**application, **_arguments(step)},
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
    return {step.name: task(OPERATOR, config=config, seconds=step.job_seconds)}


def folder_input(name: str, uri: Any, step: FoldersStep) -> dict[str, Any]:
    return {"InputName": name, "S3Input": {"S3Uri": uri, **jobs.input_place(step, name)}}


def _output(name: str, uri: Any, step: FoldersStep) -> dict[str, Any]:
    place = {"LocalPath": step.path("output", name), "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": {"S3Uri": uri, **place}}


def _arguments(step: FoldersStep) -> dict[str, Any]:
    """``--name value`` pairs. A number becomes text, which is what a program's arguments are."""
    parts: list[Any] = []
    for name, value in step.arguments.items():
        parts += [f"--{name}", x.text(x.parameter(value.parameter)) if isinstance(value, FromParameter) else value]
    return {"ContainerArguments": parts} if parts else {}
