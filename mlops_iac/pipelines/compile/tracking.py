"""What jobs are told of the environment's MLflow, and where what their scripts log goes.

A job has no way to a tracking server: its network is isolated, or leads to S3 only. So MLflow's client writes files,
by its file store, and they leave the job as any output does: of a processing job with an output of their own, of a
training in ``output.tar.gz``. When the run is over the environment's tracker brings them into MLflow
(`components/tracking/job_logs.py`), where they belong to the run.

https://mlflow.org/docs/3.4.0/api_reference/cli.html (variables)
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.map_jobs import MapJob
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.folders import FoldersStep
from mlops_iac.pipelines.steps.step import Output

FOLDER: Final = "mlflow"
"""Of the file stores: below a training's output, and below a run's folder in the lake. A step has a folder in it."""
ZONE: Final = "models"
IN_PROCESSING: Final = f"/opt/ml/processing/{FOLDER}"
OUTPUT: Final = f"mlops-iac-{FOLDER}"
"""Name of the output of a processing job."""


def experiment_of(pipeline: Pipeline, bindings: Bindings) -> str:
    """Its name, wherever runs are logged to."""
    return f"{bindings.stack}-{pipeline.name}"


def variables(pipeline: Pipeline, bindings: Bindings, folder: str) -> dict[str, str]:
    """By which MLflow's client logs to a folder; none where runs are not logged to MLflow."""
    if bindings.tracking != "mlflow":
        return {}
    return {
        "MLFLOW_ALLOW_FILE_STORE": "true",  # newer versions ask for it
        "MLFLOW_EXPERIMENT_NAME": experiment_of(pipeline, bindings),
        "MLFLOW_TRACKING_URI": f"file://{folder}",
    }


def of_training(step: TrainingStep, pipeline: Pipeline, bindings: Bindings) -> dict[str, str]:
    """With the step's name in the path: some targets name the jobs of trainings as they like."""
    return variables(pipeline, bindings, f"/opt/ml/output/data/{FOLDER}/{step.name}")


def of_processing(step: FoldersStep, pipeline: Pipeline, bindings: Bindings) -> dict[str, str]:
    """The tasks of a map are too many for runs of their own."""
    return {} if isinstance(step, MapJob) else variables(pipeline, bindings, IN_PROCESSING)


def output(step: FoldersStep, bindings: Bindings) -> Output | None:
    """Where what a processing job logs goes; None where it logs nothing."""
    if bindings.tracking != "mlflow" or isinstance(step, MapJob):
        return None
    return Output(zone=ZONE, folder=f"{FOLDER}/{step.name}")
