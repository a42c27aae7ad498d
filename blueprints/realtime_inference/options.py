"""What a team may say about a realtime-inference environment. Every option has a default that works."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.api_options import ApiOptions
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.objectives_options import SloOptions
from mlops_iac.blueprints.parts.promotion_options import PromotionOptions
from mlops_iac.blueprints.parts.serve_options import Realtime, Serving
from mlops_iac.blueprints.parts.spark_options import SparkOptions
from mlops_iac.blueprints.parts.training_options import TrainingOptions


class RealtimeInferenceOptions(
    SparkOptions, FoundationOptions, ApiOptions, SloOptions, MonitoringOptions, PromotionOptions, TrainingOptions
):
    """Train a model, and answer in milliseconds on machines that are always awake."""

    adopt: ServingAdopt = Field(
        default=ServingAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    serving: Serving = Field(default=Realtime(flavour="realtime"), description="How the model serves predictions.")
    slow_after_ms: int = Field(
        default=200,
        ge=1,
        le=60_000,
        description="The team is told when the slowest tenth of requests takes longer in the model, in milliseconds.",
    )
