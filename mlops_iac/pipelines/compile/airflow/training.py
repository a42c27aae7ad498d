"""A training step: one SageMaker training job in script mode, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow import on_batch
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.step import Output

OPERATOR = "SageMakerTrainingOperator"


def compile_training(step: TrainingStep, context: Context) -> Tasks:
    """Native: SageMakerTrainingOperator."""
    if step.compute == "batch":
        return _on_batch(step, context)
    config = {
        "TrainingJobName": x.name(step.name),
        **training_request(step, context),
        "HyperParameters": hyperparameters(step, context),
        "Tags": context.tags(),
    }
    return {step.name: task(OPERATOR, config=config, seconds=step.job_seconds)}


def _on_batch(step: TrainingStep, context: Context) -> Tasks:
    """The model lies where SageMaker would have put it, and is told of alike."""
    jobs.check_launcher(step, next(iter(context.bindings.training_images.values())))
    folder = context.folder_uri(Output(zone=step.zone), run=context.run_of(step))
    model = x.text(folder, x.name(step.name), "/output/model.tar.gz")
    sources = {**{name: context.uri(source) for name, source in step.channels.items()}, "code": x.CODE_URI}
    order = {
        "kind": step.kind,
        "hyperparameters": hyperparameters(step, context),
        "inputs": [on_batch.folder(name, f"/opt/ml/input/data/{name}", uri) for name, uri in sources.items()],
        "model": model,
    }
    made = {"ModelArtifacts": {"S3ModelArtifacts": model}}
    return on_batch.launched(step, order, context, requests.training_variables(step, context), Training=made)


def training_request(step: TrainingStep, context: Context) -> dict[str, Any]:
    """What a training job of this run is asked for, but for its name, tags and hyperparameters."""
    return requests.training(step, context, x.CODE_URI, context.environment())


def hyperparameters(step: TrainingStep, context: Context) -> Any:
    """The team's, and over them those by which the containers find the code."""
    ours = jobs.script_mode(step, context.bindings.region)
    if isinstance(step.hyperparameters, FromParameter):
        return x.merge(x.parameter(step.hyperparameters.parameter), ours)
    return {**step.hyperparameter_strings, **ours}
