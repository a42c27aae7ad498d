"""One team's pipeline on each orchestrator: the same code and data come to the same model, whoever runs the steps."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.run import Run
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project

ROWS = json.loads((Path(__file__).parents[2] / "examples/screening/sample.json").read_text())["instances"]

pytestmark = pytest.mark.slow


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
