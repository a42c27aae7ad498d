"""A training step: one SageMaker training job in script mode, waited for."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import on_batch
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.step import Output


def compile_training(step: TrainingStep, context: Context) -> States:
    """Native: createTrainingJob.sync."""
    if step.compute == "batch":
        return _on_batch(step, context)
    bindings = context.bindings
    output = f"s3://{bindings.bucket}/{context.key(Output(zone=step.zone))}"
    key = {"KmsKeyId": bindings.key_arn} if bindings.key_arn else {}
    parameters = {
        "TrainingJobName.$": context.name(step),
        "RoleArn": bindings.job_role_arn,
        "AlgorithmSpecification": {"TrainingImage": jobs.image(step.job, bindings), "TrainingInputMode": "File"},
        "HyperParameters.$": _hyperparameters(step),
        "InputDataConfig": [
            *(_channel(name, context.uri(source)) for name, source in step.channels.items()),
            _channel("code", x.CODE_URI),
        ],
        "OutputDataConfig": {"S3OutputPath.$": x.text(output, x.RUN), **key},
        "ResourceConfig": jobs.cluster(step.job, bindings),
        "StoppingCondition": {"MaxRuntimeInSeconds": step.job.max_seconds},
        "RetryStrategy": {"MaximumRetryAttempts": step.attempts},
        **jobs.isolation(step.job, bindings),
        **jobs.vpc(bindings),
        "Environment": context.environment(),
        "Tags": context.tags(),
    }
    call = task(
        "sagemaker:createTrainingJob.sync",
        parameters,
        context.next,
        generic="SageMaker.AmazonSageMakerException",
        ResultSelector={"model.$": "$.ModelArtifacts.S3ModelArtifacts"},
        ResultPath=x.result(step.name),
    )
    return {step.name: call}


def _hyperparameters(step: TrainingStep) -> str:
    return x.merge(x.parameter(step.hyperparameters.parameter), x.constants(step.name))


def _on_batch(step: TrainingStep, context: Context) -> States:
    """The model lies where SageMaker would have put it."""
    archive = f"s3://{context.bindings.bucket}/{context.key(Output(zone=step.zone))}{{}}/output/model.tar.gz"
    model = x.text(archive, x.RUN, context.name(step))
    channels = [*((name, context.uri(source)) for name, source in step.channels.items()), ("code", x.CODE_URI)]
    order = {
        "kind": step.kind,
        "hyperparameters.$": _hyperparameters(step),
        "inputs": [on_batch.folder(name, f"/opt/ml/input/data/{name}", uri) for name, uri in channels],
        "model.$": model,
    }
    return on_batch.launched(step, order, context, model=model)


def _channel(name: str, uri: str) -> dict[str, Any]:
    place = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri.$": uri, **place}}}
