"""The bill of materials of tabular-batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions

if TYPE_CHECKING:
    pass


class TabularBatch(TrainingBlueprint):
    """Data lake, SageMaker jobs, a pipeline, a model registry, an endpoint and alarms."""

    name: ClassVar[str] = "tabular-batch"
    summary: ClassVar[str] = "Train, gate, register and serve a model on tabular data; idle, it costs next to nothing."
    about: ClassVar[About] = About(
        use_for="tables that are scored now and then: by night, by an application that can wait a second, by hand",
        not_for="answers within milliseconds (realtime-inference), or flows that were written for another tool",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker jobs, or Batch queues",
        example="screening",
        scripts="tabular",
    )
    Options: ClassVar[type[TabularBatchOptions]] = TabularBatchOptions
