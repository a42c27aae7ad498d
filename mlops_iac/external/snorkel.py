"""Snorkel, where labels are written as programs."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.external.system import System


class Snorkel(System):
    """Snorkel's platform for data."""

    title: ClassVar = "Snorkel"
    offers: ClassVar = "labelling"
    client: ClassVar = "snorkelai-sdk"
    source: ClassVar = "https://pypi.org/project/snorkelai-sdk, and its snorkelai/sdk/context/constants.py"
    secrets: ClassVar = {"SNORKEL_PLATFORM_API_KEY": "api_key"}
    located: ClassVar = {"SNORKEL_PLATFORM_BASE_URL": "{url}"}

    kind: Literal["snorkel"]
