"""What a team may say about a feature-store environment: tabular-batch's options, and what its features are for."""

from __future__ import annotations

from mlops_iac.blueprints.parts.features_options import FeaturesOptions
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions


class FeatureStoreOptions(FeaturesOptions, TabularBatchOptions):
    """Define features once, learn from them as they were at each label, and ask for them as they are now."""
