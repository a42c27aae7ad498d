"""Azure Machine Learning, a workspace."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Text, Variable


class AzureMl(System):
    """A workspace of Azure Machine Learning, as a service principal of Entra ID reaches it."""

    title: ClassVar = "Azure ML"
    offers: ClassVar = "training, registry"
    client: ClassVar = "azure-identity (`EnvironmentCredential`), and azure-ai-ml for the workspace"
    source: ClassVar = (
        "https://learn.microsoft.com/python/api/azure-identity/azure.identity.environmentcredential, and "
        "azure/ai/ml/identity of azure-ai-ml 1.35.2"
    )
    secrets: ClassVar = {"AZURE_CLIENT_SECRET": "client_secret"}
    usual_address: ClassVar = "https://management.azure.com"

    kind: Literal["azure-ml"]
    tenant_id: Annotated[Text, Variable("AZURE_TENANT_ID")] = Field(description="The directory's id.")
    client_id: Annotated[Text, Variable("AZURE_CLIENT_ID")] = Field(description="The service principal's id.")
    subscription: Annotated[Text, Variable("AZUREML_ARM_SUBSCRIPTION")] = Field(description="The subscription's id.")
    resource_group: Annotated[Text, Variable("AZUREML_ARM_RESOURCEGROUP")] = Field(description="The resource group.")
    workspace: Annotated[Text, Variable("AZUREML_ARM_WORKSPACE_NAME")] = Field(description="The workspace.")
