"""feature-store: features that are defined once, learned from as they were, and asked for as they are."""

from __future__ import annotations

from mlops_iac.blueprints.feature_store.blueprint import FeatureStoreBlueprint
from mlops_iac.blueprints.feature_store.options import FeatureStoreOptions

__all__ = ["FeatureStoreBlueprint", "FeatureStoreOptions"]
