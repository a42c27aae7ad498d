"""A training step: one SageMaker training job in script mode, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import TrainingStep

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
    return requests.training(step, context, x.CODE_URI, context.environment())


def hyperparameters(step: TrainingStep, context: Context) -> Any:
    """The team's, and over them those by which the containers find the code."""
    ours = jobs.script_mode(step, context.bindings.region)
    if isinstance(step.hyperparameters, FromParameter):
        return x.merge(x.parameter(step.hyperparameters.parameter), ours)
    return {**step.hyperparameter_strings, **ours}
