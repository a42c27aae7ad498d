"""What jobs are told of the environment's tracking, on every target; and nothing where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from tests.support.samples import SAMPLES

STATES = "step-functions"
VARIABLES = {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_EXPERIMENT_NAME": "screening-dev-training"}


def compiled(pipeline: Pipeline, target: str, tracking: Any) -> dict[str, Any]:
    return get_target(target).compile(pipeline, Bindings.placeholder("screening-dev", "eu-west-1", tracking=tracking))


def requests(value: Any) -> Iterator[dict[str, Any]]:
    """Of the document: everything that has variables."""
    if isinstance(value, dict):
        if isinstance(value.get("Environment"), dict):
            yield value
        for one in value.values():
            yield from requests(one)
    elif isinstance(value, list):
        for one in value:
            yield from requests(one)


@pytest.mark.parametrize("target", TARGETS)
def test_trainings_and_processing_jobs_log_to_folders_that_leave_the_job(target: str, pipeline: Pipeline) -> None:
    found = [*requests(compiled(pipeline, target, "mlflow"))]
    jobs = [one for one in found if "RoleArn" in one]
    assert {"TrainingImage" in one.get("AlgorithmSpecification", {}) for one in jobs} == {True, False}
    for one in jobs:
        place = one["Environment"]["MLFLOW_TRACKING_URI"]
        assert one["Environment"].items() >= VARIABLES.items()
        if "AlgorithmSpecification" in one:
            assert place == "file:///opt/ml/output/data/mlflow/train"  # output.tar.gz holds it
            continue
        (output,) = [
            each for each in one["ProcessingOutputConfig"]["Outputs"] if each["OutputName"] == "mlops-iac-mlflow"
        ]
        assert place == f"file://{output['S3Output']['LocalPath']}"
        assert output["S3Output"]["S3UploadMode"] == "Continuous", "what fails has logged too"
        assert "mlflow/" in str(output["S3Output"])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("tracking", ["none", "sagemaker"])
def test_without_mlflow_jobs_hear_nothing_of_it(target: str, tracking: str, pipeline: Pipeline) -> None:
    assert "mlflow" not in str(compiled(pipeline, target, tracking)).lower()


def test_the_variables_of_a_step_win(pipeline: Pipeline) -> None:
    own = {"MLFLOW_TRACKING_URI": "https://mlflow.example.com"}
    steps = [
        step.model_copy(update={"environment": own}) if step.name == "evaluate" else step for step in pipeline.steps
    ]
    document = compiled(pipeline.model_copy(update={"steps": tuple(steps)}), STATES, "mlflow")
    places = [one["Environment"].get("MLFLOW_TRACKING_URI") for one in requests(document)]
    assert places.count("https://mlflow.example.com") == 1


@pytest.mark.parametrize("target", TARGETS)
def test_the_tasks_of_a_map_have_no_runs_of_their_own(target: str) -> None:
    document = compiled(SAMPLES["map"](), target, "mlflow")
    assert not any("MLFLOW_TRACKING_URI" in one["Environment"] for one in requests(document))


def test_a_step_on_a_queue_leaves_what_it_logged_even_when_it_fails(pipeline: Pipeline) -> None:
    steps = [
        step.model_copy(update={"compute": "batch"}) if step.name in ("evaluate", "train") else step
        for step in pipeline.steps
    ]
    states = compiled(pipeline.model_copy(update={"steps": tuple(steps)}), STATES, "mlflow")["States"]
    logged = states["evaluate"]["Parameters"]["order"]["outputs"][-1]
    assert (logged["path"], logged["always"]) == ("/opt/ml/processing/mlflow", True)
    for step, folder in (("evaluate", "/opt/ml/processing/mlflow"), ("train", "/opt/ml/output/data/mlflow/train")):
        given = states[f"{step}: run"]["Parameters"]["ContainerOverrides"]["Environment"]
        assert {"Name": "MLFLOW_TRACKING_URI", "Value": f"file://{folder}"} in given
