"""The layers of an ML environment, one noun per file. Each class is one component; its file reads args, nodes,
component."""

COMPONENTS: dict[str, str] = {
    "Alerts": "mlops_iac.components.monitoring.alerts",
    "BatchCompute": "mlops_iac.components.compute.batch",
    "Boundary": "mlops_iac.components.identity",
    "Catalogue": "mlops_iac.components.catalogue",
    "DataLake": "mlops_iac.components.data_lake",
    "Encryption": "mlops_iac.components.encryption",
    "Endpoint": "mlops_iac.components.serving.endpoint",
    "ImageRepository": "mlops_iac.components.registry.ecr",
    "ModelRegistry": "mlops_iac.components.registry.sagemaker",
    "Monitoring": "mlops_iac.components.monitoring.cloudwatch",
    "Network": "mlops_iac.components.network",
    "Role": "mlops_iac.components.identity",
    "SageMakerCompute": "mlops_iac.components.compute.sagemaker",
    "SageMakerPipelines": "mlops_iac.components.orchestrator.sagemaker_pipelines",
    "StepFunctions": "mlops_iac.components.orchestrator.step_functions",
}
"""Every component and its module. Nothing is imported here: a blueprint pays only for what it uses."""
