"""Hopsworks, a feature store."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Text, Variable


class Hopsworks(System):
    """A project of Hopsworks."""

    title: ClassVar = "Hopsworks"
    offers: ClassVar = "feature store"
    client: ClassVar = "hopsworks (`hopsworks.login()`)"
    source: ClassVar = "https://docs.hopsworks.ai/latest/python-api/hopsworks, and hopsworks 5.2.1"
    secrets: ClassVar = {"HOPSWORKS_API_KEY": "api_key"}
    located: ClassVar = {"HOPSWORKS_HOST": "{host}", "HOPSWORKS_PORT": "{port}"}
    usual_address: ClassVar = "https://eu-west.cloud.hopsworks.ai"

    kind: Literal["hopsworks"]
    project: Annotated[Text, Variable("HOPSWORKS_PROJECT")] = Field(description="The project.")
