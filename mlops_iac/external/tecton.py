"""Tecton, a feature platform."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops_iac.external.system import System, Text, Variable


class Tecton(System):
    """A cluster of Tecton."""

    title: ClassVar = "Tecton"
    offers: ClassVar = "feature store"
    client: ClassVar = "tecton"
    source: ClassVar = "https://docs.tecton.ai, and tecton/identities/credentials.py of tecton 1.2.13"
    secrets: ClassVar = {"TECTON_API_KEY": "api_key"}
    located: ClassVar = {"API_SERVICE": "{url}/api"}

    kind: Literal["tecton"]
    workspace: Annotated[Text, Variable("TECTON_WORKSPACE")] | None = Field(
        default=None, description="The workspace. Left out: calls name it."
    )
