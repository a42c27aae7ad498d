"""A register step: the model's card, and one version in the model package group.

The gate's metric is not written on it, as other targets do: properties are text, and a value in a file is a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlops_iac.pipelines.compile.cards import STATUS, about
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps import FetchStep, RegisterStep


def compile_register(step: RegisterStep, context: Context) -> list[Native]:
    """Native: a RegisterModel step, after a Lambda step that asks the environment's card writer."""
    bindings = context.bindings
    writer, asked = bindings.card_writer_arn, f"{step.name}--card"
    evaluation = context.evaluation_uri(step.evaluation)
    container = bindings.serving({"ModelDataUrl": context.uri(step.model)})
    words = f"Run {{}} of {context.pipeline.name} in {bindings.stack}"
    arguments: dict[str, Any] = {
        "ModelPackageGroupName": bindings.registries[step.registry],
        "ModelPackageDescription": x.text(words, x.get(x.RUN)),
        "ModelApprovalStatus": step.approval,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": list(step.content_types),
            "SupportedResponseMIMETypes": list(step.content_types),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation}}},
        "CustomerMetadataProperties": {"run": x.get(x.RUN), "code": x.get(x.CODE_SHA)},
    }
    maker = context.pipeline.get_step(step.model.step)
    if isinstance(maker, FetchStep):
        arguments["CustomerMetadataProperties"]["origin"] = x.get(maker.origin.parameter)
    native: Native = {"Name": step.name, "Type": "RegisterModel", "Arguments": arguments}
    if writer is None:
        return [native]
    content = x.made(asked, "OutputParameters['card']")
    for name in _answered(context)[1:]:
        arguments["CustomerMetadataProperties"][name] = x.made(asked, f"OutputParameters['{name}']")
    arguments["ModelCard"] = {"ModelCardContent": content, "ModelCardStatus": STATUS}
    return [_ask(step, context, writer, asked), {**native, "DependsOn": [asked]}]


def _ask(step: RegisterStep, context: Context, writer: str, name: str) -> Native:
    """A Lambda step's arguments are flat, and what it answers is text."""
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": writer,
        "Arguments": {
            "run": x.get(x.RUN),
            "code": x.get(x.CODE_SHA),
            "model": context.uri(step.model),
            "evaluation": context.evaluation_uri(step.evaluation),
            "about": json.dumps(about(step, context.pipeline, context.bindings), separators=(",", ":"), sort_keys=True),
            **{f"parameters.{name}": x.get(given) for name, given in _parameters(context)},
        },
        "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in _answered(context)],
    }


def _answered(context: Context) -> tuple[str, ...]:
    return ("card", "digest", *(("signature",) if context.bindings.signing_key_arn else ()))


def _parameters(context: Context) -> Iterator[tuple[str, str]]:
    """Each parameter of the pipeline, by its own name and by that of SageMaker's parameter that holds it."""
    for parameter in context.pipeline.parameters:
        if parameter.type == "strings":
            yield from ((f"{parameter.name}.{key}", x.entry(parameter.name, key)) for key in parameter.default)
        else:
            yield parameter.name, parameter.name
