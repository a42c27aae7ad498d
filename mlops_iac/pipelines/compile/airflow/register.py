"""A register step: the model's card, and one version in the model package group."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.cards import STATUS, about
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.steps import FetchStep, GateStep, RegisterStep

OPERATOR, ASK = "Register", "LambdaInvokeFunctionOperator"


def compile_register(step: RegisterStep, context: Context) -> Tasks:
    """By a task of the helper: createModelPackage, after LambdaInvokeFunctionOperator asked the card writer."""
    bindings = context.bindings
    container = bindings.serving({"ModelDataUrl": context.uri(step.model)})
    statistics = context.file_uri(step.evaluation, EVALUATION)
    request: dict[str, Any] = {
        # No tags: AWS refuses them for a version in a group. `destroy` finds versions by their group.
        "ModelPackageGroupName": bindings.registries[step.registry],
        "ModelPackageDescription": context.text(f"Run {{run}} of {context.pipeline.name} in {bindings.stack}"),
        "ModelApprovalStatus": step.approval,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": list(step.content_types),
            "SupportedResponseMIMETypes": list(step.content_types),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": statistics}}},
        "CustomerMetadataProperties": {
            "run": x.RUN,
            "code": x.CODE_SHA,
            **_metrics(step, context),
            **_origin(step, context),
        },
    }
    writer, asked = bindings.card_writer_arn, f"{step.name}--card"
    if writer is None:
        return {step.name: task(OPERATOR, request=request)}
    for name in ("digest", *(("signature",) if bindings.signing_key_arn else ())):
        request["CustomerMetadataProperties"][name] = x.json_part(asked, name)
    request["ModelCard"] = {"ModelCardContent": x.json_part(asked, "card"), "ModelCardStatus": STATUS}
    ask = task(ASK, function_name=writer, payload=x.to_json(_told(step, context)))
    return {asked: ask, step.name: task(OPERATOR, after=asked, request=request)}


def _told(step: RegisterStep, context: Context) -> dict[str, Any]:
    """What the card writer is called with."""
    return {
        "run": x.RUN,
        "code": x.CODE_SHA,
        "model": context.uri(step.model),
        "about": about(step, context.pipeline, context.bindings),
        "parameters": x.value("parameters"),
    }


def _origin(step: RegisterStep, context: Context) -> dict[str, Any]:
    """Whence a model was promoted."""
    maker = context.pipeline.get_step(step.model.step)
    return {"origin": x.parameter(maker.origin.parameter)} if isinstance(maker, FetchStep) else {}


def _metrics(step: RegisterStep, context: Context) -> dict[str, Any]:
    """The gate's metrics as text. A person's approval has none."""
    gate = context.pipeline.get_step(step.gate.step)
    if not isinstance(gate, GateStep):
        return {}
    found = enumerate(gate.comparisons())
    return {f"metric.{one.metric}": x.text(x.made(gate.name, "conditions", at, "value")) for at, one in found}
