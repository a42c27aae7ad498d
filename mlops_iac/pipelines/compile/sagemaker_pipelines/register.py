"""A register step: one version in the model package group.

The gate's metric is not written on it, as other targets do: properties are text, and a value in a file is a number.
"""

from __future__ import annotations

from mlops_iac.pipelines.compile.jobs import SERVING_ENVIRONMENT
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.steps import RegisterStep


def compile_register(step: RegisterStep, context: Context) -> list[Native]:
    """Native: a RegisterModel step."""
    bindings = context.bindings
    evaluation = context.folder_uri(context.folder(step.evaluation), EVALUATION)
    container = {
        "Image": bindings.serving_image,
        "ModelDataUrl": context.uri(step.model),
        "Environment": {**SERVING_ENVIRONMENT, "SAGEMAKER_REGION": bindings.region},
    }
    words = f"Run {{}} of {context.pipeline.name} in {bindings.stack}"
    arguments = {
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
    return [{"Name": step.name, "Type": "RegisterModel", "Arguments": arguments}]
