"""The layers of one environment that trains and serves: for the parts that wire them, and for what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.blueprints.parts.foundation import Foundation
    from mlops_iac.blueprints.parts.jobs import Jobs
    from mlops_iac.blueprints.parts.serve import Serve
    from mlops_iac.blueprints.parts.vectors import Vectors
    from mlops_iac.components.api.rest import Api
    from mlops_iac.components.compute.batch import BatchCompute
    from mlops_iac.components.config_rules import ConfigRules
    from mlops_iac.components.feature_store import FeatureStore
    from mlops_iac.components.monitoring.drift import DriftMonitor
    from mlops_iac.components.registry.signing import ModelSigning
    from mlops_iac.components.spark import Spark
    from mlops_iac.components.trail import Trail
    from mlops_iac.components.warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class Layers:
    """None: the environment has no such layer."""

    foundation: Foundation
    jobs: Jobs
    serve: Serve
    api: Api | None = None
    features: FeatureStore | None = None
    monitor: DriftMonitor | None = None
    queues: BatchCompute | None = None
    rules: ConfigRules | None = None
    signing: ModelSigning | None = None
    spark: Spark | None = None
    trail: Trail | None = None
    vectors: Vectors | None = None
    warehouse: Warehouse | None = None
