"""What a team may say about a tabular-batch environment. Every option has a default that works."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.promotion_options import PromotionOptions
from mlops_iac.blueprints.parts.queue_options import QueueOptions
from mlops_iac.blueprints.parts.serve_options import Serverless, Serving
from mlops_iac.blueprints.parts.spark_options import SparkOptions
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.warehouse_options import WarehouseOptions


class TabularBatchOptions(
    WarehouseOptions,
    SparkOptions,
    QueueOptions,
    FoundationOptions,
    MonitoringOptions,
    PromotionOptions,
    TrainingOptions,
):
    """Train, evaluate, gate, register and deploy a model on tabular data."""

    adopt: ServingAdopt = Field(
        default=ServingAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    serving: Serving = Field(default=Serverless(flavour="serverless"), description="How the model serves predictions.")
