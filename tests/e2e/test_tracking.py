"""Runs are logged, whoever started them and however they end: in MLflow, in SageMaker's experiments, and nowhere."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.cloud.test_mlflow import Asking
from tests.support import tiny_team
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

BAD = """
    import json, pathlib
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": {"auc": 0.5}}))
"""
TRAIN = """
    import json, os, pathlib
    import mlflow
    with mlflow.start_run():
        mlflow.log_param("rate", 0.1)
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("auc", 0.7)
        mlflow.log_text("hello", "notes/hello.txt")
        with mlflow.start_run(run_name="fold-1", nested=True):
            mlflow.log_metric("loss", 0.5)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"mean": 2}))
"""
EVALUATE = """
    import mlflow
    mlflow.log_metric("brier", 0.2)
    import json, pathlib
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    (folder / "evaluation.json").write_text(json.dumps({"metrics": {"auc": 0.95}}))
"""
CLIENT = "mlflow-skinny==3.4.0\n"
PATIENCE = 240.0
"""Seconds until a run is logged: MLflow's first start builds its environment and makes its database."""


@pytest.fixture(scope="module", params=EACH_TARGET)
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


def test_what_the_teams_scripts_log_belongs_to_the_run_though_their_jobs_have_no_network(tiny: TinyEnvironment) -> None:
    tiny.write("train.py", TRAIN)
    tiny.write("evaluate.py", EVALUATE)
    (tiny.folder / "examples/tiny/requirements.txt").write_text(CLIENT)
    tiny.run("run", "tiny-dev", "--follow")
    told = logged(tiny, tiny.last_run())
    variables, _ = clients(tiny)
    ask = Owner(variables)
    found = ask("GET", f"runs/get?run_id={told['run_id']}")["run"]["data"]
    parameters = {one["key"]: one["value"] for one in found["params"]}
    metrics = {one["key"]: one["value"] for one in found["metrics"]}
    assert parameters["rate"] == "0.1"
    # The run's own auc is what the evaluation says; the training's keeps its step's name.
    assert metrics == {"auc": 0.95, "brier": 0.2, "loss": pytest.approx(1 / 3), "train.auc": 0.7}
    history = ask("GET", f"metrics/get-history?run_id={told['run_id']}&metric_key=loss&max_results=9")["metrics"]
    assert [one["step"] for one in history] == [0, 1, 2]
    artifacts = ask("GET", f"artifacts/list?run_id={told['run_id']}&path=notes")["files"]
    assert [(one["path"], one["file_size"]) for one in artifacts] == [("notes/hello.txt", 5)]
    search = {"experiment_ids": [told["experiment_id"]], "filter": f"tags.mlflow.parentRunId = '{told['run_id']}'"}
    (fold,) = ask("POST", "runs/search", search)["runs"]
    assert (fold["info"]["run_name"], fold["data"]["metrics"][0]["value"]) == ("fold-1", 0.5)

    tiny.write("evaluate.py", EVALUATE + "    raise SystemExit(3)\n")
    tiny.run("run", "tiny-dev", "--follow", code=1)
    failed = ask("GET", f"runs/get?run_id={logged(tiny, tiny.last_run())['run_id']}")["run"]
    assert failed["info"]["status"] == "FAILED"
    assert {one["key"] for one in failed["data"]["metrics"]} >= {"loss", "brier"}, "what was logged before it failed"
    (tiny.folder / "examples/tiny/requirements.txt").unlink()
    tiny.write("evaluate.py", tiny_team.FILES["evaluate.py"])
    tiny.write("train.py", tiny_team.FILES["train.py"])


def test_mlflows_page_is_opened_by_an_address_of_its_own(tiny: TinyEnvironment) -> None:
    assert "Runs of tiny-dev are logged to MLflow" in tiny.run("tracking", "tiny-dev")
    found = json.loads(tiny.run("tracking", "tiny-dev", "--json"))
    assert (found["kind"], found["experiments"], found["url"]) == ("mlflow", {"training": "tiny-dev-training"}, None)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    address = tiny.run("tracking", "tiny-dev", "--url").strip()
    with opener.open(address, timeout=PATIENCE) as page:
        assert "<title>MLflow</title>" in page.read().decode()
    asked = json.dumps({"filter": "name = 'tiny-dev-training'", "max_results": 5}).encode()
    root = address.partition("/auth")[0]
    search = urllib.request.Request(
        f"{root}/ajax-api/2.0/mlflow/experiments/search", asked, {"Content-Type": "application/json"}
    )
    with opener.open(search, timeout=PATIENCE) as answer:
        assert [one["name"] for one in json.load(answer)["experiments"]] == ["tiny-dev-training"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{root}/", timeout=PATIENCE)


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
    assert "There is no page of its own" in tiny.run("tracking", "tiny-dev", "--url", code=1)
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
    assert "Runs are logged nowhere else" in tiny.run("tracking", "tiny-dev", code=1)
    tiny.run("destroy", "tiny-dev", "--yes")
    assert sagemaker.list_experiments()["ExperimentSummaries"] == []
