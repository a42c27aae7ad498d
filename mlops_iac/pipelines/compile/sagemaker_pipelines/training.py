"""A training step: one SageMaker training job in script mode."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import RETRIES, Context, Native
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.step import Output


def compile_training(step: TrainingStep, context: Context) -> list[Native]:
    """Native: a Training step."""
    bindings = context.bindings
    key = {"KmsKeyId": bindings.key_arn} if bindings.key_arn else {}
    arguments = {
        "TrainingJobName": context.job_name,
        "RoleArn": bindings.job_role_arn,
        "AlgorithmSpecification": {"TrainingImage": jobs.image(step.job, bindings), "TrainingInputMode": "File"},
        "HyperParameters": {**_team(step, context), **jobs.script_mode(step, bindings.region)},
        "InputDataConfig": [
            *(_channel(name, context.uri(source)) for name, source in step.channels.items()),
            _channel("code", x.get(x.CODE_URI)),
        ],
        "OutputDataConfig": {"S3OutputPath": context.folder_uri(Output(zone=step.zone)), **key},
        "ResourceConfig": jobs.cluster(step.job, bindings),
        "StoppingCondition": {"MaxRuntimeInSeconds": step.job.max_seconds},
        "RetryStrategy": {"MaximumRetryAttempts": step.attempts},
        **jobs.isolation(step.job, bindings),
        **jobs.vpc(bindings),
        "Environment": context.environment(),
        "Tags": context.tags(),
    }
    return [{"Name": step.name, "Type": "Training", "Arguments": arguments, "RetryPolicies": RETRIES}]


def _team(step: TrainingStep, context: Context) -> dict[str, Any]:
    """Each of the team's is a parameter of the pipeline: a definition names them, a run gives values."""
    name = step.hyperparameters.parameter
    return {key: x.get(x.entry(name, key)) for key in context.pipeline.defaults[name]}


def _channel(name: str, uri: Any) -> dict[str, Any]:
    place = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri, **place}}}
