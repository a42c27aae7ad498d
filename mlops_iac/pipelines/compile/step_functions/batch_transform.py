"""A batch transform step: the model of this run or the champion, and one SageMaker transform job, waited for."""

from __future__ import annotations

from mlops_iac.pipelines.compile import transforms
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.champion import champion_path, find_champion
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.compile.step_functions.verify import verify
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import BatchTransformStep

GENERIC = "SageMaker.AmazonSageMakerException"


def compile_batch_transform(step: BatchTransformStep, context: Context) -> States:
    """Native: createModel, then createTransformJob.sync; the champion is found by listModelPackages."""
    score, model = f"{step.name}: score", f"{step.name}: model"
    made = {score: _score(step, context)}
    if not isinstance(step.model, FromStep):
        asked = verify(step, context, champion_path(step), model, name=f"{step.name}: verify")
        found = find_champion(step, context, step.registry, next(iter(asked), model))
        return {**found, **asked, model: _model(step, context, score), **made}
    registered = context.pipeline.made(step.model) == "package"
    asked = verify(step, context, context.uri(step.model), model) if registered else {}
    return {**asked, (model if asked else step.name): _model(step, context, score), **made}


def _model(step: BatchTransformStep, context: Context, next: str) -> State:
    parameters = {
        "ModelName.$": context.name(step),
        "PrimaryContainer": _container(step, context),
        **transforms.model(context.bindings),
        "Tags": context.tags(),
    }
    return task("sagemaker:createModel", parameters, next, generic=GENERIC, ResultPath=None)


def _container(step: BatchTransformStep, context: Context) -> State:
    if not isinstance(step.model, FromStep):
        return {"ModelPackageName.$": champion_path(step)}
    if context.pipeline.made(step.model) == "package":
        return {"ModelPackageName.$": context.uri(step.model)}
    return context.bindings.serving({"ModelDataUrl.$": context.uri(step.model)})


def _score(step: BatchTransformStep, context: Context) -> State:
    scores = f"s3://{context.bindings.bucket}/{context.key(step.scores)}"
    parameters = {
        "TransformJobName.$": context.job_name(step),
        "ModelName.$": context.name(step),
        **transforms.job(
            step,
            {"S3Uri.$": context.uri(step.data)},
            {"S3OutputPath.$": x.text(scores, x.RUN)},
            context.bindings,
        ),
        "Environment": context.environment(),
        "Tags": context.tags(),
    }
    return task(
        "sagemaker:createTransformJob.sync",
        parameters,
        context.next,
        generic=GENERIC,
        of=step,
        TimeoutSeconds=step.job_seconds,
        ResultPath=None,
    )
