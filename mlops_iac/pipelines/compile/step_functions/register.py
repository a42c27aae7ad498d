"""A register step: the model's card, and one version in the model package group."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.cards import STATUS, about
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.compile.step_functions.metrics import metric_path
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.steps import FetchStep, GateStep, RegisterStep


def compile_register(step: RegisterStep, context: Context) -> States:
    """Native call: createModelPackage, after the environment's card writer was asked."""
    bindings = context.bindings
    writer = bindings.card_writer_arn
    key = f"{context.key(context.folder(step.evaluation))}{EVALUATION}"
    evaluation = x.text(f"s3://{bindings.bucket}/{key}", context.run_of(step.evaluation))
    parameters = {
        # No tags: AWS refuses them for a version in a group. `destroy` finds versions by their group.
        "ModelPackageGroupName": bindings.registries[step.registry],
        "ModelPackageDescription.$": x.text(f"Run {{}} of {context.pipeline.name} in {bindings.stack}", x.RUN),
        "ModelApprovalStatus": step.approval,
        "InferenceSpecification": {
            "Containers": [bindings.serving({"ModelDataUrl.$": context.uri(step.model)})],
            "SupportedContentTypes": list(step.content_types),
            "SupportedResponseMIMETypes": list(step.content_types),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri.$": evaluation}}},
        "CustomerMetadataProperties": {
            "run.$": x.RUN,
            "code.$": x.CODE_SHA,
            **_metrics(step, context),
            **_origin(step, context),
        },
        **(_card(step) if writer else {}),
    }
    call = task(
        "aws-sdk:sagemaker:createModelPackage",
        parameters,
        context.next,
        generic="SageMaker.SageMakerException",
        ResultSelector={"package.$": "$.ModelPackageArn"},
        ResultPath=x.result(step.name),
    )
    if writer is None:
        return {step.name: call}
    create = f"{step.name}: create"
    return {step.name: _ask(step, context, writer, create), create: call}


def _ask(step: RegisterStep, context: Context, writer: str, following: str) -> State:
    event = {
        "run.$": x.RUN,
        "code.$": x.CODE_SHA,
        "model.$": context.uri(step.model),
        **_elsewhere(step, context),
        "parameters.$": "$.parameters",
        "about": about(step, context.pipeline, context.bindings),
    }
    return task(
        "lambda:invoke",
        {"FunctionName": writer, "Payload": event},
        following,
        generic="Lambda.AWSLambdaException",
        ResultSelector={f"{name}.$": f"$.Payload.{name}" for name in _answered(context)},
        ResultPath=x.result(step.name),
    )


def _answered(context: Context) -> tuple[str, ...]:
    return ("card", "digest", *(("signature",) if context.bindings.signing_key_arn else ()))


def _elsewhere(step: RegisterStep, context: Context) -> dict[str, str]:
    """The evaluation's key, where it may be that of a run before."""
    run = context.run_of(step.evaluation)
    key = f"{context.key(context.folder(step.evaluation))}{EVALUATION}"
    return {} if run == x.RUN else {"evaluation.$": x.text(key, run)}


def _card(step: RegisterStep) -> dict[str, Any]:
    return {"ModelCard": {"ModelCardContent.$": f"{x.result(step.name)}.card", "ModelCardStatus": STATUS}}


def _origin(step: RegisterStep, context: Context) -> dict[str, str]:
    """What the archive is, by which a promotion knows it again; who signed it; and whence it was promoted."""
    known = [name for name in _answered(context) if name != "card"] if context.bindings.card_writer_arn else []
    digest = {f"{name}.$": f"{x.result(step.name)}.{name}" for name in known}
    maker = context.pipeline.get_step(step.model.step)
    if not isinstance(maker, FetchStep):
        return digest
    return {**digest, "origin.$": x.parameter(maker.origin.parameter)}


def _metrics(step: RegisterStep, context: Context) -> dict[str, Any]:
    """The gate's metrics as text: values of the registry's metadata cannot hold a JSON document. A person has none."""
    gate = context.pipeline.get_step(step.gate.step)
    if not isinstance(gate, GateStep):
        return {}
    return {f"metric.{one.metric}.$": x.text("{}", metric_path(gate, one)) for one in gate.comparisons()}
