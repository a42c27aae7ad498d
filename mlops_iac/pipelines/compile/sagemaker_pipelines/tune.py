"""A tuning step: one SageMaker tuning job."""

from __future__ import annotations

from mlops_iac.pipelines.compile import tuning
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.retries import policies
from mlops_iac.pipelines.compile.sagemaker_pipelines.training import hyperparameters, training_request
from mlops_iac.pipelines.steps import TuneStep


def compile_tune(step: TuneStep, context: Context) -> list[Native]:
    """Native: a Tuning step."""
    arguments = {
        "HyperParameterTuningJobName": context.job_name,
        "HyperParameterTuningJobConfig": tuning.configuration(step),
        **tuning.warm_start(step),
        "TrainingJobDefinition": {
            **training_request(step, context),
            "StaticHyperParameters": hyperparameters(step, context),
        },
        "Tags": context.tags(),
    }
    return [
        {
            "Name": step.name,
            "Type": "Tuning",
            "Arguments": arguments,
            "RetryPolicies": policies(step),
            **context.cache(step),
        }
    ]
