"""Features of a team: groups in SageMaker Feature Store, and the function that steps on features call."""

from __future__ import annotations

from mlops_iac.components.feature_store.feature_store import (
    FeatureStore,
    FeatureStoreArgs,
    FeatureStoreNodes,
    Group,
)

__all__ = ["FeatureStore", "FeatureStoreArgs", "FeatureStoreNodes", "Group"]
