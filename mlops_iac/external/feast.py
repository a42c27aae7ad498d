"""Feast, a feature store that a platform team runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from mlops_iac.core.secret_values import WHOLE
from mlops_iac.external.system import System


class Feast(System):
    """A feature store of Feast that is there already, at its server's address. Its `feature_store.yaml` may hold
    credentials of its stores, so it is the secret as a whole; `FeatureStore()` finds it as a file."""

    title: ClassVar = "Feast"
    offers: ClassVar = "feature store"
    client: ClassVar = "feast (`FeatureStore()`), which the team's requirements.txt brings"
    source: ClassVar = "https://docs.feast.dev, and feast/utils.py of feast 0.67.0"
    secrets: ClassVar = {"FEAST_FS_YAML_FILE_PATH": WHOLE}

    kind: Literal["feast"]
