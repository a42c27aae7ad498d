"""The bill of materials of sagemaker-managed: realtime-inference's, watched, tracked and seen in Studio."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.realtime_inference import RealtimeInference
from mlops_iac.blueprints.sagemaker_managed.options import SagemakerManagedOptions


class SagemakerManaged(RealtimeInference):
    """Studio, SageMaker's jobs, pipelines, registry, endpoint and MLflow, with four watches over what is predicted."""

    name: ClassVar[str] = "sagemaker-managed"
    summary: ClassVar[str] = "Pipelines, experiments, endpoint and watches in SageMaker, and people in its Studio."
    about: ClassVar[About] = About(
        use_for="a team that works in Studio, and has data, quality, bias and reasons watched",
        not_for="a model that is asked now and then: endpoint and private ways are billed by the hour (tabular-batch)",
        orchestrator="SageMaker Pipelines, Step Functions or Airflow",
        compute="SageMaker Studio, SageMaker jobs, endpoint on its own machines",
        example="practice",
        scripts="tabular",
    )
    Options: ClassVar[type[SagemakerManagedOptions]] = SagemakerManagedOptions
    layers: ClassVar[tuple[str, ...]] = (*RealtimeInference.layers, "tracking", "notebooks")
