"""realtime-inference: a team's tabular data to a model that answers in milliseconds."""

from __future__ import annotations

from mlops_iac.blueprints.realtime_inference.blueprint import RealtimeInference
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions

__all__ = ["RealtimeInference", "RealtimeInferenceOptions"]
