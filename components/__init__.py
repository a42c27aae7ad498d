"""The layers of an ML environment, one noun per file. Each class is one component; its file reads args, nodes,
component."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.plugins import Family

COMPONENTS: dict[str, str] = {
    "Access": "mlops_iac.components.access",
    "Airflow": "mlops_iac.components.orchestrator.airflow_environment",
    "AirflowDag": "mlops_iac.components.orchestrator.airflow",
    "Alerts": "mlops_iac.components.monitoring.alerts",
    "Api": "mlops_iac.components.api.rest",
    "Approvals": "mlops_iac.components.approvals",
    "BatchCompute": "mlops_iac.components.compute.batch",
    "Boundary": "mlops_iac.components.identity",
    "BudgetStop": "mlops_iac.components.monitoring.budget_stop",
    "Catalogue": "mlops_iac.components.catalogue",
    "CiAccess": "mlops_iac.components.account.ci_access",
    "ConfigRules": "mlops_iac.components.config_rules",
    "DataLake": "mlops_iac.components.data_lake",
    "DriftMonitor": "mlops_iac.components.monitoring.drift",
    "Encryption": "mlops_iac.components.encryption",
    "Endpoint": "mlops_iac.components.serving.endpoint",
    "EndpointScaling": "mlops_iac.components.serving.scaling",
    "FeatureStore": "mlops_iac.components.feature_store",
    "Guardrail": "mlops_iac.components.guardrail",
    "ImageRepository": "mlops_iac.components.registry.ecr",
    "Metaflow": "mlops_iac.components.orchestrator.metaflow",
    "Mlflow": "mlops_iac.components.tracking.mlflow",
    "ModelCards": "mlops_iac.components.registry.model_cards",
    "ModelRegistry": "mlops_iac.components.registry.sagemaker",
    "ModelSigning": "mlops_iac.components.registry.signing",
    "Monitoring": "mlops_iac.components.monitoring.cloudwatch",
    "Network": "mlops_iac.components.network",
    "Objectives": "mlops_iac.components.monitoring.objectives",
    "People": "mlops_iac.components.notebooks.people",
    "Recorder": "mlops_iac.components.recorder",
    "Retriever": "mlops_iac.components.vector_store.retriever",
    "ReviewKey": "mlops_iac.components.account.review_key",
    "Role": "mlops_iac.components.identity",
    "SageMakerCompute": "mlops_iac.components.compute.sagemaker",
    "SageMakerPipelines": "mlops_iac.components.orchestrator.sagemaker_pipelines",
    "SharedFiles": "mlops_iac.components.files.efs",
    "Spark": "mlops_iac.components.spark.emr_serverless",
    "StateStore": "mlops_iac.components.account.state_store",
    "StepFunctions": "mlops_iac.components.orchestrator.step_functions",
    "StudioDomain": "mlops_iac.components.notebooks.domain",
    "Tracker": "mlops_iac.components.tracking.tracker",
    "Trail": "mlops_iac.components.trail",
    "Triggers": "mlops_iac.components.orchestrator.triggers",
    "VectorIndexer": "mlops_iac.components.vector_store.indexer",
    "VectorStore": "mlops_iac.components.vector_store.s3_vectors",
    "Warehouse": "mlops_iac.components.warehouse.redshift",
}
"""Every component and its module. Nothing is imported here: a blueprint pays only for what it uses."""


def _accept(name: str, kind: Any) -> Any:
    from mlops_iac.components._kit.base import Component

    if not (isinstance(kind, type) and issubclass(kind, Component)):
        raise ValueError("is no subclass of `Component`")
    if kind.__name__ != name:
        raise ValueError(f"is called `{kind.__name__}`, as its type token says")
    if not hasattr(kind, "Nodes"):
        raise ValueError("has no `Nodes`, the record of what it makes")
    return kind


FAMILY = Family(
    noun="component",
    group="mlops_iac.components",
    ours={name: f"{module}:{name}" for name, module in COMPONENTS.items()},
    accept=_accept,
    contract="`Component` in mlops_iac.components._kit",
)
"""Ours, and those of installed packages."""
