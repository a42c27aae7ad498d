"""A training step: one SageMaker training job in script mode."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs, requests
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.retries import policies
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import TrainingStep


def compile_training(step: TrainingStep, context: Context) -> list[Native]:
    """Native: a Training step."""
    arguments = {
        "TrainingJobName": context.job_name,
        **training_request(step, context),
        "HyperParameters": hyperparameters(step, context),
        "Tags": context.tags(),
    }
    return [
        {
            "Name": step.name,
            "Type": "Training",
            "Arguments": arguments,
            "RetryPolicies": policies(step),
            **context.cache(step),
        }
    ]


def training_request(step: TrainingStep, context: Context) -> dict[str, Any]:
    """What a training job of this run is asked for, but for its name, tags and hyperparameters."""
    return requests.training(step, context, x.get(x.CODE_URI), context.environment(step))


def hyperparameters(step: TrainingStep, context: Context) -> dict[str, Any]:
    """The team's, and over them those by which the containers find the code. Each of a map that a run gives is a
    parameter of the pipeline: a definition names them, a run gives values."""
    ours = jobs.script_mode(step, context.bindings.region)
    if isinstance(step.hyperparameters, FromParameter):
        name = step.hyperparameters.parameter
        return {**{key: x.get(x.entry(name, key)) for key in context.pipeline.defaults[name]}, **ours}
    return {**step.hyperparameter_strings, **ours}
