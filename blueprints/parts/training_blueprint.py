"""What the blueprints have in common that train, gate and serve one model."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.pipelines.pipeline import Pipeline


class TrainingBlueprint:
    """A data lake, SageMaker jobs, a pipeline, a model registry, an endpoint and alarms."""

    layers: ClassVar[tuple[str, ...]] = (
        "network",
        "encryption",
        "identity",
        "data_lake",
        "compute",
        "registry",
        "serving",
        "orchestrator",
        "monitoring",
    )

    def pipelines(self, options: TrainingOptions) -> tuple[Pipeline, ...]:
        return (training(options),)
