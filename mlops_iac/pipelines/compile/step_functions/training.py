"""A training step: one SageMaker training job in script mode, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import on_batch
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.step import Output


def compile_training(step: TrainingStep, context: Context) -> States:
    """Native: createTrainingJob.sync."""
    if step.compute == "batch":
        return _on_batch(step, context)
    parameters = {
        "TrainingJobName.$": context.job_name(step),
        **training_request(step, context),
        **hyperparameters("HyperParameters", step, context),
        "Tags": context.tags(),
    }
    call = task(
        "sagemaker:createTrainingJob.sync",
        parameters,
        context.next,
        generic="SageMaker.AmazonSageMakerException",
        of=step,
        ResultSelector={"model.$": "$.ModelArtifacts.S3ModelArtifacts"},
        ResultPath=x.result(step.name),
    )
    return {step.name: call}


def _on_batch(step: TrainingStep, context: Context) -> States:
    """The model lies where SageMaker would have put it."""
    jobs.check_launcher(step, next(iter(context.bindings.training_images.values())))
    model = made_uri(step, context, "{}/output/model.tar.gz", context.name(step))
    order = {
        "kind": step.kind,
        **hyperparameters("hyperparameters", step, context),
        "inputs": [
            on_batch.folder(name, f"/opt/ml/input/data/{name}", uri) for name, uri in _sources(step, context).items()
        ],
        "model.$": model,
    }
    return on_batch.launched(step, order, context, requests.training_variables(step, context), model=model)


def training_request(step: TrainingStep, context: Context) -> dict[str, Any]:
    """What a training job of this run is asked for, but for its name, tags and hyperparameters."""
    return requests.training(step, context, x.CODE_URI, context.environment())


def _sources(step: TrainingStep, context: Context) -> dict[str, str]:
    """Channel to the expression for where its data lies."""
    return {**{name: context.uri(source) for name, source in step.channels.items()}, "code": x.CODE_URI}


def made_uri(step: TrainingStep, context: Context, below: str = "", *paths: str) -> str:
    """Expression for where the run's models lie, or for something ``below``, in which ``{}`` are values at paths."""
    return x.text(f"s3://{context.bindings.bucket}/{context.key(Output(zone=step.zone))}{below}", x.RUN, *paths)


def hyperparameters(member: str, step: TrainingStep, context: Context) -> dict[str, Any]:
    """The team's, and over them those by which the containers find the code."""
    if isinstance(step.hyperparameters, FromParameter):
        return {f"{member}.$": x.merge(x.parameter(step.hyperparameters.parameter), x.constants(step.name))}
    return {member: {**step.hyperparameter_strings, **jobs.script_mode(step, context.bindings.region)}}
