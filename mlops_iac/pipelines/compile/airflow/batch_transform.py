"""A batch transform step: the model of this run or the champion, and one SageMaker transform job, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import transforms
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.verify import verify
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import BatchTransformStep

OPERATOR, CHAMPION = "SageMakerTransformOperator", "FindChampion"


def compile_batch_transform(step: BatchTransformStep, context: Context) -> Tasks:
    """Native: SageMakerTransformOperator, which makes the model too; the champion is found by a task of the helper."""
    if step.timeout_minutes is not None:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` has `timeout_minutes`; SageMakerTransformOperator stops no job.",
            hint="leave out `timeout_minutes`, or choose `orchestrator: step-functions`.",
        )
    check, score = f"{step.name}--verify", _arguments(step, context)
    if isinstance(step.model, FromStep):
        registered = context.pipeline.made(step.model) == "package"
        asked = verify(step, context, context.uri(step.model), check) if registered else {}
        return {**asked, step.name: task(OPERATOR, **({"after": check} if asked else {}), **score)}
    find = task(CHAMPION, group=context.bindings.registries[step.registry])
    asked = verify(step, context, x.made(step.name), check, after=step.name)
    last = task(OPERATOR, after=check if asked else step.name, **score)
    return {step.name: find, **asked, f"{step.name}--job": last}


def _arguments(step: BatchTransformStep, context: Context) -> dict[str, Any]:
    return {"config": _config(step, context), "seconds": step.job_seconds}


def _config(step: BatchTransformStep, context: Context) -> dict[str, Any]:
    name = x.name(step.name)
    source, target = {"S3Uri": context.uri(step.data)}, {"S3OutputPath": context.folder_uri(step.scores)}
    return {
        "Model": {
            "ModelName": name,
            "PrimaryContainer": _container(step, context),
            **transforms.model(context.bindings),
            "Tags": context.tags(),
        },
        "Transform": {
            "TransformJobName": name,
            "ModelName": name,
            **transforms.job(step, source, target, context.bindings),
            "Environment": context.environment(),
            "Tags": context.tags(),
        },
    }


def _container(step: BatchTransformStep, context: Context) -> dict[str, Any]:
    if not isinstance(step.model, FromStep):
        return {"ModelPackageName": x.made(step.name)}
    if context.pipeline.made(step.model) == "package":
        return {"ModelPackageName": context.uri(step.model)}
    return context.bindings.serving({"ModelDataUrl": context.uri(step.model)})
