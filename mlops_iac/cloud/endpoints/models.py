"""From a SageMaker model or model package to what is served: image, data, environment."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.endpoints.serving import ModelContainer
from mlops_iac.cloud.jobs.failure import JobFailed


def get_container(sagemaker: Any, model_name: str) -> ModelContainer:
    """The container of a model; raises JobFailed for what the embedded cloud cannot serve."""
    try:
        model = sagemaker.describe_model(ModelName=model_name)
    except sagemaker.exceptions.ClientError as error:
        raise JobFailed(f"Could not find model `{model_name}`.") from error
    containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])
    if len(containers) != 1:
        raise JobFailed(f"Model `{model_name}` has {len(containers)} containers; the embedded cloud serves one.")
    definition = containers[0]
    if definition.get("ModelPackageName"):
        definition = _from_package(sagemaker, definition)
    if not definition.get("Image"):
        raise JobFailed(f"Model `{model_name}` names no image.")
    return ModelContainer(
        image=definition["Image"],
        data_url=_data_url(definition),
        environment=definition.get("Environment", {}),
        network=model,
        role=model.get("ExecutionRoleArn", ""),
    )


def _from_package(sagemaker: Any, definition: dict[str, Any]) -> dict[str, Any]:
    """What the package's inference specification says; the model's own environment goes first."""
    name = definition["ModelPackageName"]
    try:
        package = sagemaker.describe_model_package(ModelPackageName=name)
    except sagemaker.exceptions.ClientError as error:
        raise JobFailed(f"Could not find model package `{name}`.") from error
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise JobFailed(f"Model package `{name}` has {len(containers)} containers; the embedded cloud serves one.")
    specified = containers[0]
    environment = {**specified.get("Environment", {}), **definition.get("Environment", {})}
    return {**specified, "Environment": environment}


def _data_url(definition: dict[str, Any]) -> str | None:
    source = definition.get("ModelDataSource", {}).get("S3DataSource")
    if source and source.get("CompressionType") != "Gzip":
        raise JobFailed("The embedded cloud serves models from a model.tar.gz; this one is an S3 prefix.")
    return source["S3Uri"] if source else definition.get("ModelDataUrl")
