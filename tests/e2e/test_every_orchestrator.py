"""One team's pipeline on each orchestrator: the same code and data come to the same model, whoever runs the steps.

On Metaflow the team's own flow is the pipeline; here it calls the same scripts in the same order, but for the report of
`validate.py`, whose library Metaflow's tasks lack. It registers and serves nothing, as Metaflow has neither, so metrics
and model are what is compared.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.logs import read_logs
from mlops_iac.runs.run import Run
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.tiny_environment import STACK

ROWS = json.loads((Path(__file__).parents[2] / "examples/screening/sample.json").read_text())["instances"]

pytestmark = pytest.mark.slow

FLOW = """
import hashlib, json, os, pathlib, subprocess, sys, tempfile

from metaflow import FlowSpec, Parameter, step


def call(script, **folders):
    given = [word for name, folder in folders.items() for word in (f"--{name.replace('_', '-')}", str(folder))]
    subprocess.run([sys.executable, str(pathlib.Path(__file__).parent / script), *given], check=True)


class ScreeningFlow(FlowSpec):
    bucket = Parameter("bucket", default="")

    @step
    def start(self):
        import boto3
        import validate

        s3, work = boto3.client("s3"), pathlib.Path(tempfile.mkdtemp())
        (work / "raw").mkdir()
        for item in s3.list_objects_v2(Bucket=self.bucket, Prefix="raw/")["Contents"]:
            s3.download_file(self.bucket, item["Key"], str(work / item["Key"]))
        table = validate.read_tables(work / "raw")
        assert validate.find_problems(table) == []
        (work / "valid").mkdir()
        table[[*validate.FEATURES, validate.LABEL]].to_csv(work / "valid/patients.csv", index=False)
        call("prepare.py", input=work / "valid", train=work / "train", test=work / "test")
        self.learned, self.kept = ((work / part / "patients.csv").read_bytes() for part in ("train", "test"))
        self.next(self.fit)

    @step
    def fit(self):
        work = pathlib.Path(tempfile.mkdtemp())
        (work / "patients.csv").write_bytes(self.learned)
        call("train.py", train=work, model_dir=work)
        self.model = (work / "model.joblib").read_bytes()
        self.next(self.end)

    @step
    def end(self):
        import tarfile

        work = pathlib.Path(tempfile.mkdtemp())
        (work / "patients.csv").write_bytes(self.kept)
        (work / "model.joblib").write_bytes(self.model)
        with tarfile.open(work / "model.tar.gz", "w:gz") as archive:
            archive.add(work / "model.joblib", "model.joblib")
        call("evaluate.py", model=work, test=work, output=work)
        metrics = json.loads((work / "evaluation.json").read_text())["metrics"]
        print("MADE " + json.dumps({"model": hashlib.sha256(self.model).hexdigest(), "metrics": metrics}))


if __name__ == "__main__":
    ScreeningFlow()
"""


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DeployedEnvironment]]:
    """One environment a target, on one cloud; each is its own stack of the same team."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    root = make_project(tmp_path_factory.mktemp("every") / "project")
    written = (root / "stacks/Pulumi.screening-dev.yaml").read_text()
    cloud = EmbeddedCloud(home / "cloud")
    cloud.start()
    made = {}
    for number, target in enumerate(TARGETS):
        text = written.replace("mlops-iac:environment: dev", f"mlops-iac:environment: t{number}")
        text = text.replace("  mlops-iac:options:\n", f"  mlops-iac:options:\n    orchestrator: {target}\n")
        (root / f"stacks/Pulumi.screening-t{number}.yaml").write_text(text)
        made[target] = bring_up(EmbeddedBackend(root, f"screening-t{number}", home=home))
        made[target].put(root / "examples/screening/data")
    yield made
    cloud.stop()


@pytest.fixture(scope="module")
def runs(environments: dict[str, DeployedEnvironment]) -> dict[str, Run]:
    return {target: environment.run() for target, environment in environments.items()}


def test_every_run_succeeds_with_equal_metrics(runs: dict[str, Run]) -> None:
    for target, run in runs.items():
        assert run.status == "succeeded", f"{target}: {run.error}"
        assert [step.status for step in run.steps] == ["succeeded"] * 7
        assert run.gate is not None
        assert run.gate.passed
    first, *others = runs.values()
    assert all(other.metrics == first.metrics for other in others)
    assert first.metrics["auc"] > 0.97


def test_every_one_registers_the_model_with_where_it_comes_from(
    environments: dict[str, DeployedEnvironment], runs: dict[str, Run]
) -> None:
    for target, run in runs.items():
        package = (
            environments[target].clients("sagemaker").describe_model_package(ModelPackageName=run.model_package_arn)
        )
        assert package["ModelApprovalStatus"] == "Approved"
        assert (package["CustomerMetadataProperties"]["run"], package["CustomerMetadataProperties"]["code"]) == (
            run.id,
            run.code,
        )
        lake = environments[target].environment.lake.bucket
        (container,) = package["InferenceSpecification"]["Containers"]
        assert container["ModelDataUrl"].startswith(f"s3://{lake}/models/{run.id}/")
        metrics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        assert metrics == f"s3://{lake}/models/{run.id}/evaluation/evaluation.json"


def test_every_one_trains_the_same_model_byte_for_byte(
    environments: dict[str, DeployedEnvironment], runs: dict[str, Run]
) -> None:
    """The archive has times in it; what the script saved has none."""
    assert len({model_of(environments[target], run) for target, run in runs.items()}) == 1


@pytest.mark.nightly
def test_a_flow_of_the_same_scripts_trains_the_same_model(
    environments: dict[str, DeployedEnvironment], runs: dict[str, Run]
) -> None:
    first = next(iter(environments))
    backend = environments[first].backend
    flow = bring_up_flow(backend.root, backend.home)
    run = flow.run("training", {"bucket": flow.environment.lake.bucket})
    assert run.status == "succeeded", "\n".join(line.text for line in read_logs(flow.clients, run))[-1500:]
    told = [line.text for line in read_logs(flow.clients, run, "end") if line.text.startswith("MADE ")]
    made = json.loads(told[-1].removeprefix("MADE "))
    assert made["model"] == model_of(environments[first], runs[first])
    assert made["metrics"] == {name: runs[first].metrics[name] for name in made["metrics"]}
    flow.destroy()


def bring_up_flow(root: Path, home: Path) -> DeployedEnvironment:
    code = shutil.copytree(root / "examples/screening", root / "examples/flow")
    (code / "flow.py").write_text(FLOW)
    (code / "requirements.txt").write_text("metaflow>=2.19,<3\n")
    text = STACK.format(target="metaflow", blueprint="metaflow-platform").replace("tiny", "screening")
    text = text.replace("environment: dev", "environment: flow").replace("examples/screening", "examples/flow")
    text = text.replace("orchestrator: metaflow", "flows: {training: flow.py}")
    (root / "stacks/Pulumi.screening-flow.yaml").write_text(text)
    made = bring_up(EmbeddedBackend(root, "screening-flow", home=home))
    made.put(root / "examples/screening/data")
    return made


def model_of(environment: DeployedEnvironment, run: Run) -> str:
    package = environment.clients("sagemaker").describe_model_package(ModelPackageName=run.model_package_arn)
    bucket, _, key = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"][len("s3://") :].partition("/")
    body = environment.clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        (member,) = [one for one in archive if Path(one.name).name == "model.joblib"]
        content = archive.extractfile(member)
        assert content
        return hashlib.sha256(content.read()).hexdigest()


@pytest.mark.usefixtures("runs")
def test_every_endpoint_gives_the_same_answer(environments: dict[str, DeployedEnvironment]) -> None:
    first, *others = (environment.predict(ROWS) for environment in environments.values())
    assert all(other == first for other in others)
    assert len(first["predictions"]) == len(ROWS)


@pytest.mark.usefixtures("runs")
def test_every_one_is_destroyed_to_the_last_thing_that_runs_made(environments: dict[str, DeployedEnvironment]) -> None:
    clients = next(iter(environments.values())).clients
    client: Any = clients("sagemaker")
    airflow: Any = clients("mwaa")
    for environment in environments.values():
        environment.destroy()
    assert client.list_endpoints()["Endpoints"] == []
    assert client.list_endpoint_configs()["EndpointConfigs"] == []
    assert client.list_models()["Models"] == []
    assert client.list_pipelines()["PipelineSummaries"] == []
    assert airflow.list_environments()["Environments"] == []
