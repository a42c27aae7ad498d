"""The bill of materials of feature-store: tabular-batch's, with features in the place of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.feature_store.options import FeatureStoreOptions
from mlops_iac.blueprints.parts.features_pipeline import features, learning_from_features
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.tabular_batch import TabularBatch
from mlops_iac.pipelines.pipeline import Pipeline

if TYPE_CHECKING:
    pass


class FeatureStoreBlueprint(TabularBatch):
    """Data lake, features with an online store and a history, pipelines, a model registry, an endpoint and alarms."""

    name: ClassVar[str] = "feature-store"
    summary: ClassVar[str] = "Define features once: learn from them as they were, ask for them online as they are."
    about: ClassVar[About] = About(
        use_for="models whose features change with time, and which training and applications must see alike",
        not_for="a table that is scored as it lies there: it needs no second copy (tabular-batch)",
        orchestrator=TabularBatch.about.orchestrator,
        compute=TabularBatch.about.compute,
        example="grunfeld",
        runs=("features", "training"),
    )
    Options: ClassVar[type[FeatureStoreOptions]] = FeatureStoreOptions
    layers: ClassVar[tuple[str, ...]] = (*TabularBatch.layers[:4], "feature_store", *TabularBatch.layers[4:])

    def training(self, options: TrainingOptions) -> Pipeline:
        assert isinstance(options, FeatureStoreOptions)
        return learning_from_features(super().training(options), options.labels, options.skew_at_most)

    def pipelines(self, options: TrainingOptions) -> tuple[Pipeline, ...]:
        assert isinstance(options, FeatureStoreOptions)
        return (features(options.features), *super().pipelines(options))
