"""The layers of an ML environment, one noun per file. Each class is one component; its file reads args, nodes,
component."""

COMPONENTS: dict[str, str] = {
    "Alerts": "components.monitoring.alerts",
    "BatchCompute": "components.compute.batch",
    "Boundary": "components.identity",
    "Catalogue": "components.catalogue",
    "DataLake": "components.data_lake",
    "Encryption": "components.encryption",
    "ImageRepository": "components.registry.ecr",
    "ModelRegistry": "components.registry.sagemaker",
    "Monitoring": "components.monitoring.cloudwatch",
    "Network": "components.network",
    "RealtimeEndpoint": "components.serving.realtime",
    "Role": "components.identity",
    "SageMakerCompute": "components.compute.sagemaker",
    "ServerlessEndpoint": "components.serving.serverless",
    "StepFunctions": "components.orchestrator.step_functions",
}
"""Every component and its module. Nothing is imported here: a blueprint pays only for what it uses."""
