"""A tuning step: one SageMaker tuning job, waited for; its description names the best training."""

from __future__ import annotations

from mlops_iac.pipelines.compile import tuning
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.training import hyperparameters, training_request
from mlops_iac.pipelines.names import TUNING_NAME_LENGTH
from mlops_iac.pipelines.steps import TuneStep

OPERATOR = "SageMakerTuningOperator"


def compile_tune(step: TuneStep, context: Context) -> Tasks:
    """Native: SageMakerTuningOperator."""
    config = {
        "HyperParameterTuningJobName": x.name(step.name, TUNING_NAME_LENGTH),
        "HyperParameterTuningJobConfig": tuning.configuration(step),
        **tuning.warm_start(step),
        "TrainingJobDefinition": {
            **training_request(step, context),
            "StaticHyperParameters": hyperparameters(step, context),
        },
        "Tags": context.tags(),
    }
    return {step.name: task(OPERATOR, config=config, seconds=step.job_seconds)}
