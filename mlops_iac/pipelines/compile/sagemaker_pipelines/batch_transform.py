"""A batch transform step: the model of this run or the champion, and one SageMaker transform job."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import transforms
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.retries import policies
from mlops_iac.pipelines.compile.sagemaker_pipelines.verify import verified, verify
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import BatchTransformStep

CHAMPION = "champion"


def compile_batch_transform(step: BatchTransformStep, context: Context) -> list[Native]:
    """Native: a Model step and a Transform step; the champion is found by a Lambda step. A transform has no time limit.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
    """
    if step.reusable:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` has a `cache`; its model has another name in each run, so SageMaker Pipelines would "
            "never find a run before that did the same.",
            hint="leave out `cache`, or choose `orchestrator: step-functions`.",
        )
    if step.timeout_minutes is not None:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` has `timeout_minutes`; a Transform step of SageMaker Pipelines has no time limit.",
            hint="leave out `timeout_minutes`, or choose `orchestrator: step-functions`.",
        )
    find = [] if isinstance(step.model, FromStep) else [_find(step, context)]
    package = _package(step, context)
    asked = [] if package is None else verify(step, context, package)
    model = _model(step, context, f"{step.name}--model" if find else step.name)
    return [*find, *asked, model, _score(step, context, model["Name"])]


def _package(step: BatchTransformStep, context: Context) -> Any:
    """The version of the registry; None where the model is an archive of this run."""
    if not isinstance(step.model, FromStep):
        return x.made(step.name, f"OutputParameters['{CHAMPION}']")
    registered = context.pipeline.made(step.model) == "package"
    return x.made(step.model.step, "ModelPackageArn") if registered else None


def _find(step: BatchTransformStep, context: Context) -> Native:
    """The environment's function looks for it: no type of step lists what a registry holds."""
    return {
        "Name": step.name,
        "Type": "Lambda",
        "FunctionArn": context.deployer(step),
        "Arguments": {"champion_of": context.bindings.registries[step.registry]},
        "OutputParameters": [{"OutputName": CHAMPION, "OutputType": "String"}],
    }


def _model(step: BatchTransformStep, context: Context, name: str) -> Native:
    arguments = {
        "ModelName": context.job_name,
        "PrimaryContainer": _container(step, context),
        **transforms.model(context.bindings),
        "Tags": context.tags(),
    }
    return {"Name": name, "Type": "Model", "Arguments": arguments, "RetryPolicies": policies(step)}


def _container(step: BatchTransformStep, context: Context) -> Native:
    package = _package(step, context)
    if package is not None:
        return {"ModelPackageName": verified(step, context, package)}
    assert isinstance(step.model, FromStep)
    return context.bindings.serving({"ModelDataUrl": context.uri(step.model)})


def _score(step: BatchTransformStep, context: Context, model: str) -> Native:
    source, target = {"S3Uri": context.uri(step.data)}, {"S3OutputPath": context.folder_uri(step.scores)}
    arguments = {
        "TransformJobName": context.job_name,
        "ModelName": x.made(model, "ModelName"),
        **transforms.job(step, source, target, context.bindings),
        "Environment": context.environment(step),
        "Tags": context.tags(),
    }
    return {"Name": f"{step.name}--job", "Type": "Transform", "Arguments": arguments, "RetryPolicies": policies(step)}
