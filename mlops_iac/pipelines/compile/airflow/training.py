"""A training step: one SageMaker training job in script mode, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.step import Output
from mlops_iac.pipelines.steps.training import CHECKPOINTS

OPERATOR = "SageMakerTrainingOperator"


def compile_training(step: TrainingStep, context: Context) -> Tasks:
    """Native: SageMakerTrainingOperator."""
    config = {
        "TrainingJobName": x.name(step.name),
        **training_request(step, context),
        "HyperParameters": hyperparameters(step, context),
        "Tags": context.tags(),
    }
    return {step.name: task(OPERATOR, config=config, seconds=step.job_seconds)}


def training_request(step: TrainingStep, context: Context) -> dict[str, Any]:
    """What a training job of this run is asked for, but for its name, tags and hyperparameters."""
    sources = {**{name: context.uri(source) for name, source in step.channels.items()}, "code": x.CODE_URI}
    made = context.folder_uri(Output(zone=step.zone))
    return {
        **jobs.training(step, context.bindings),
        "InputDataConfig": [jobs.channel(name, {"S3Uri": uri}, step) for name, uri in sources.items()],
        "OutputDataConfig": {"S3OutputPath": made, **jobs.output_key(context.bindings)},
        **_checkpoints(step, context),
        "Environment": context.environment(),
    }


def _checkpoints(step: TrainingStep, context: Context) -> dict[str, Any]:
    if not step.checkpoints:
        return {}
    uri = context.folder_uri(Output(zone=step.zone), step.checkpoint_folder)
    return {"CheckpointConfig": {"S3Uri": uri, "LocalPath": CHECKPOINTS}}


def hyperparameters(step: TrainingStep, context: Context) -> Any:
    """The team's, and over them those by which the containers find the code."""
    ours = jobs.script_mode(step, context.bindings.region)
    if isinstance(step.hyperparameters, FromParameter):
        return x.merge(x.parameter(step.hyperparameters.parameter), ours)
    return {**step.hyperparameter_strings, **ours}
