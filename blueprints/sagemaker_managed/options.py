"""What a team may say about a sagemaker-managed environment: realtime-inference's options, and its Studio."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.blueprints.parts.monitoring_options import Explain, Monitoring, Quality
from mlops_iac.blueprints.parts.run_options import OF_SAGEMAKER, Orchestrator, Tracking
from mlops_iac.blueprints.parts.studio_options import StudioAdopt, StudioOptions
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions


class SagemakerManagedOptions(StudioOptions, RealtimeInferenceOptions):
    """Train, serve and watch a model with what SageMaker manages, and see all of it in Studio."""

    adopt: StudioAdopt = Field(
        default=StudioAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    orchestrator: Orchestrator = Field(default=OF_SAGEMAKER)
    tracking: Tracking = Field(default="mlflow")
    monitoring: Monitoring | None = Field(
        default=Monitoring(label="target", quality=Quality(metric="auc", at_least=0.8), explain=Explain()),
        validate_default=True,
        description="Keep what the endpoint is asked, compare it with the training, and raise an alarm when they "
        "differ. `null`: nothing is kept.",
        json_schema_extra={"x-written": True},
    )
