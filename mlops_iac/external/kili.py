"""Kili, where people label data."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Kili(System):
    """An organisation of Kili Technology."""

    title: ClassVar = "Kili"
    offers: ClassVar = "labelling"
    client: ClassVar = "kili"
    source: ClassVar = "https://python-sdk-docs.kili-technology.com, and kili/client.py of kili 26.2.4"
    secrets: ClassVar = {"KILI_API_KEY": "api_key"}
    usual_address: ClassVar = "https://cloud.kili-technology.com/api/label/v2/graphql"
    located: ClassVar = {"KILI_API_ENDPOINT": "{url}"}

    kind: Literal["kili"]
