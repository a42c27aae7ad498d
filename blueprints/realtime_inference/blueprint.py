"""The bill of materials of realtime-inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions

if TYPE_CHECKING:
    pass


class RealtimeInference(TrainingBlueprint):
    """Data lake, SageMaker jobs, a pipeline, a model registry, an endpoint on its own machines, and alarms."""

    name: ClassVar[str] = "realtime-inference"
    summary: ClassVar[str] = "Train, gate, register and serve in milliseconds, on machines that are always awake."
    about: ClassVar[About] = About(
        use_for="an application that asks for each click or each scan and shows the answer at once",
        not_for="a few requests a day: its machines are awake day and night (tabular-batch)",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker jobs, endpoint on its own machines",
        example="cellar",
        scripts="tabular",
    )
    Options: ClassVar[type[RealtimeInferenceOptions]] = RealtimeInferenceOptions
