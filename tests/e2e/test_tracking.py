"""Runs are logged, whoever started them and however they end: in MLflow, in SageMaker's experiments, and nowhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.cloud.test_mlflow import Asking
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

BAD = """
    import json, pathlib
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": {"auc": 0.5}}))
"""
PATIENCE = 240.0
"""Seconds until a run is logged: MLflow's first start builds its environment and makes its database."""


@pytest.fixture(scope="module", params=TARGETS)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("tiny") / "project"
    options = "tracking: mlflow\nhyperparameters: {note: a b}\n"
    with tiny_environment(folder, request.param, options=options) as made:
        yield made


def logged(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = json.loads(tiny.run("runs", "show", "tiny-dev", run, "--json"))["tracking"]
        if found:
            return dict(found)
        time.sleep(1)
    raise AssertionError(f"{run} was not logged")


def clients(tiny: TinyEnvironment) -> Any:
    variables = json.loads(tiny.run("env", "tiny-dev", "--json"))["variables"]
    session = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name=variables["AWS_REGION"]
    )
    return variables, lambda service: session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])


class Owner(Asking):
    """MLflow's API as the person asks it."""

    def __init__(self, variables: dict[str, str]) -> None:
        from botocore.credentials import Credentials

        self.credentials = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        self.app, self.endpoint = variables["MLFLOW_TRACKING_URI"], variables["AWS_ENDPOINT_URL"]


def test_a_run_is_in_mlflow_with_what_is_known_of_it(tiny: TinyEnvironment) -> None:
    tiny.run("run", "tiny-dev", "--follow")
    run = tiny.last_run()
    told = logged(tiny, run)
    assert (told["kind"], told["experiment"]) == ("mlflow", "tiny-dev-training")
    assert f"mlflow: experiment tiny-dev-training, run {told['run_id']}" in tiny.run("runs", "show", "tiny-dev", run)
    variables, _ = clients(tiny)
    found = Owner(variables)("GET", f"runs/get?run_id={told['run_id']}")["run"]
    parameters = {one["key"]: one["value"] for one in found["data"]["params"]}
    assert parameters["hyperparameters.note"] == "a b"
    assert float(parameters["gate_at_least"]) == 0.9
    assert [one["key"] for one in found["data"]["metrics"]] == ["auc"]
    tags = {one["key"]: one["value"] for one in found["data"]["tags"]}
    assert tags["mlops-iac.run"] == found["info"]["run_name"] == run
    assert tags["mlops-iac.model"].endswith("model.tar.gz")
    assert "digest" in tags["mlops-iac.data.data"]
    assert found["info"]["status"] == "FINISHED"


def test_a_run_that_the_gate_refuses_is_logged_as_failed(tiny: TinyEnvironment) -> None:
    tiny.write("evaluate.py", BAD)
    tiny.run("run", "tiny-dev", "--follow", code=1)
    told = logged(tiny, tiny.last_run())
    variables, _ = clients(tiny)
    found = Owner(variables)("GET", f"runs/get?run_id={told['run_id']}")["run"]
    assert found["info"]["status"] == "FAILED"
    assert found["data"]["metrics"][0]["value"] == 0.5


def test_the_option_changes_where_runs_are_logged(tiny: TinyEnvironment) -> None:
    stack = tiny.folder / "stacks/Pulumi.tiny-dev.yaml"
    stack.write_text(stack.read_text().replace("tracking: mlflow", "tracking: sagemaker"))
    tiny.run("up", "tiny-dev", "--yes")
    tiny.run("run", "tiny-dev", "--follow", code=1)
    run = tiny.last_run()
    told = logged(tiny, run)
    assert told == {
        "kind": "sagemaker",
        "experiment": "tiny-dev-training",
        "trial": f"tiny-dev-{run}",
        "trial_component": f"tiny-dev-{run}",
    }
    _, client = clients(tiny)
    sagemaker = client("sagemaker")
    assert sagemaker.list_mlflow_apps()["Summaries"] == []
    found = sagemaker.describe_trial_component(TrialComponentName=told["trial_component"])
    assert found["Status"]["PrimaryStatus"] == "Failed"
    assert found["Parameters"]["hyperparameters.note"] == {"StringValue": "a b"}
    assert [(one["MetricName"], one["Last"]) for one in found["Metrics"]] == [("auc", 0.5)]
    listed = sagemaker.list_trial_components(TrialName=told["trial"])["TrialComponentSummaries"]
    assert [one["TrialComponentName"] for one in listed] == [told["trial_component"]]

    stack.write_text(stack.read_text().replace("tracking: sagemaker", "tracking: none"))
    tiny.run("up", "tiny-dev", "--yes")
    assert json.loads(tiny.run("runs", "show", "tiny-dev", run, "--json"))["tracking"] is None
    tiny.run("destroy", "tiny-dev", "--yes")
    assert sagemaker.list_experiments()["ExperimentSummaries"] == []
