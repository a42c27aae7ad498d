"""The bill of materials of notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.notebooks.options import NotebooksOptions
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.pipelines.pipeline import Pipeline

if TYPE_CHECKING:
    pass


class Notebooks(TrainingBlueprint):
    """Studio for each person of a team, a data lake, SageMaker jobs that execute notebooks, registry and endpoint."""

    name: ClassVar[str] = "notebooks"
    summary: ClassVar[str] = "JupyterLab for each person beside the data, and pipelines that are made of notebooks."
    about: ClassVar[About] = About(
        use_for="people who explore data in notebooks, and want what they found to run by itself",
        not_for="a training that is scripts already (tabular-batch); its private ways to AWS are billed by the hour",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker Studio, and SageMaker jobs",
        example="flora",
        runs=("species",),
    )
    Options: ClassVar[type[NotebooksOptions]] = NotebooksOptions
    layers: ClassVar[tuple[str, ...]] = (*TrainingBlueprint.layers, "notebooks")
    why_no_pipelines: ClassVar[str] = "`mlops-iac pipeline from-notebook NOTEBOOK` makes one of a notebook."

    def pipelines(self, options: Any) -> tuple[Pipeline, ...]:
        """None of ours: they are made of the team's notebooks."""
        return ()
