"""Vertex AI, of a project of Google Cloud."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.core.secret_values import WHOLE
from mlops_iac.external.system import System, Text, Variable


class VertexAi(System):
    """Vertex AI in one location of a project. What signs in is a file: a service account's key, or, without any secret
    of Google's, the configuration of a federation with AWS; a job finds it as a file of its own."""

    title: ClassVar = "Vertex AI"
    offers: ClassVar = "training, models"
    client: ClassVar = "google-auth (`google.auth.default`), and Google's SDKs for project and location"
    source: ClassVar = (
        "https://cloud.google.com/docs/authentication/application-default-credentials, and google-cloud-aiplatform "
        "2.7.0"
    )
    secrets: ClassVar = {"GOOGLE_APPLICATION_CREDENTIALS": WHOLE}
    usual_address: ClassVar = "https://{location}-aiplatform.googleapis.com"

    kind: Literal["vertex-ai"]
    project: Annotated[Text, Variable("GOOGLE_CLOUD_PROJECT")] = Field(description="The project's id.")
    location: Annotated[Text, Variable("GOOGLE_CLOUD_LOCATION")] = Field(
        description="The location, such as europe-west4.", examples=["europe-west4"]
    )
