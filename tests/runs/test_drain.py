from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.drain import drain
from tests.support.small_environment import make_environment, make_lake, make_state_machine, moto_clients

ROLE = "arn:aws:iam::123456789012:role/jobs"
RUN = "261121-081530-3fa2"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1"


def make_served(environment: Environment, clients: Clients, run: str = RUN) -> None:
    """What a deploying run leaves behind."""
    client = clients("sagemaker")
    tags = [{"Key": "mlops-iac:stack", "Value": environment.stack}]
    name = f"{environment.stack}-{run}-deploy"
    group = environment.registries["main"].model_package_group
    client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags)
    variant = {"VariantName": "main", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)
    client.create_endpoint(EndpointName=environment.endpoints["main"].name, EndpointConfigName=name, Tags=tags)
    client.create_model_package_group(ModelPackageGroupName=group)
    client.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    for key in (f"models/{run}/evaluation/evaluation.json", f"curated/{run}/a.csv", "code/abc/run.sh", "raw/a.csv"):
        for version in (b"1", b"2"):
            clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=version)


@pytest.fixture(autouse=True)
def packages_can_be_deleted(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto lacks DeleteModelPackage; the embedded cloud adds it, and so does this."""
    client = clients("sagemaker")
    gone: set[str] = set()
    listing = client.list_model_packages

    def list_model_packages(**request: Any) -> dict[str, Any]:
        found = listing(**request)["ModelPackageSummaryList"]
        return {"ModelPackageSummaryList": [item for item in found if item["ModelPackageArn"] not in gone]}

    monkeypatch.setattr(client, "delete_model_package", lambda ModelPackageName: gone.add(ModelPackageName))
    monkeypatch.setattr(client, "list_model_packages", list_model_packages)


def left(clients: Clients) -> dict[str, list[str]]:
    client = clients("sagemaker")
    return {
        "models": [item["ModelName"] for item in client.list_models()["Models"]],
        "configs": [item["EndpointConfigName"] for item in client.list_endpoint_configs()["EndpointConfigs"]],
        "endpoints": [item["EndpointName"] for item in client.list_endpoints()["Endpoints"]],
    }


def versions(environment: Environment, clients: Clients) -> list[str]:
    found: dict[str, Any] = clients("s3").list_object_versions(Bucket=environment.lake.bucket)
    return [item["Key"] for item in found.get("Versions", [])]


def test_everything_that_runs_made_goes_and_the_teams_data_stays(environment: Environment, clients: Clients) -> None:
    make_served(environment, clients)
    told = drain(environment, clients)
    assert told == ("1 endpoint", "1 endpoint configuration", "1 model", "1 model package", "6 run objects")
    assert left(clients) == {"models": [], "configs": [], "endpoints": []}
    assert versions(environment, clients) == ["raw/a.csv", "raw/a.csv"]


def test_a_second_drain_finds_nothing(environment: Environment, clients: Clients) -> None:
    make_served(environment, clients)
    drain(environment, clients)
    assert drain(environment, clients) == ()


def test_a_team_whose_name_begins_like_ours_is_left_alone(environment: Environment, clients: Clients) -> None:
    other = make_environment("screening-dev", "x")
    make_lake(other, clients)
    make_served(other, clients)
    before = left(clients)
    assert drain(environment, clients) == ()
    assert left(clients) == before


def test_what_has_our_name_and_not_our_tag_is_left_alone(environment: Environment, clients: Clients) -> None:
    name = f"screening-dev-{RUN}-deploy"
    clients("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    assert drain(environment, clients) == ()
    assert left(clients)["models"] == [name]


def test_an_endpoint_of_our_name_without_our_tag_is_left_alone(environment: Environment, clients: Clients) -> None:
    """Somebody made it by hand before the first run: it is theirs."""
    make_served(environment, clients)
    name = environment.endpoints["main"].name
    arn = clients("sagemaker").describe_endpoint(EndpointName=name)["EndpointArn"]
    clients("sagemaker").delete_tags(ResourceArn=arn, TagKeys=["mlops-iac:stack"])
    told = drain(environment, clients)
    assert "1 endpoint" not in told
    assert left(clients)["endpoints"] == [name]


@pytest.mark.parametrize("name", ["screening-dev-mine", "my-screening-dev-261121-081530-3fa2", "screening-dev"])
def test_what_has_our_tag_and_not_a_runs_name_is_left_alone(
    environment: Environment, clients: Clients, name: str
) -> None:
    tags = [{"Key": "mlops-iac:stack", "Value": environment.stack}]
    client = clients("sagemaker")
    client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags)
    assert drain(environment, clients) == ()
    assert left(clients)["models"] == [name]


def test_objects_that_no_run_wrote_stay_in_every_zone(environment: Environment, clients: Clients) -> None:
    foreign = ["curated/by-hand/a.csv", "features/a.csv", f"features/x{RUN}/a.csv", "models/golden/model.tar.gz"]
    for key in (*foreign, f"models/{RUN}/model.tar.gz"):
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=b"1")
    assert drain(environment, clients) == ("1 run object",)
    assert versions(environment, clients) == foreign


# Jobs and executions that run -----------------------------------------------------------------------------------------


class Jobs:
    """Jobs that run: moto's are over as soon as they are made, and its training jobs cannot be stopped."""

    def __init__(self, clients: Clients, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        from moto.sagemaker.models import sagemaker_backends

        self.kind, self.stopped = kind, list[str]()
        self._client, word = clients("sagemaker"), kind.lower()
        self._made = getattr(sagemaker_backends["123456789012"]["eu-west-1"], f"{word}_jobs")
        monkeypatch.setattr(self._client, f"stop_{word}_job", self._stop)

    def make(self, name: str, stack: str | None) -> str:
        tags = [{"Key": "mlops-iac:stack", "Value": stack}] if stack else []
        resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        if self.kind == "Processing":
            self._client.create_processing_job(
                ProcessingJobName=name, RoleArn=ROLE, AppSpecification={"ImageUri": IMAGE},
                ProcessingResources={"ClusterConfig": resources}, Tags=tags,
            )  # fmt: skip
        else:
            self._client.create_training_job(
                TrainingJobName=name, RoleArn=ROLE, ResourceConfig=resources, Tags=tags,
                AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
                OutputDataConfig={"S3OutputPath": "s3://x/"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
            )  # fmt: skip
        setattr(self._made[name], f"{self.kind.lower()}_job_status", "InProgress")
        return name

    def _stop(self, **key: str) -> None:
        (name,) = key.values()
        self.stopped.append(name)
        setattr(self._made[name], f"{self.kind.lower()}_job_status", "Stopped")


@pytest.mark.parametrize("kind", ["Processing", "Training"])
def test_only_jobs_of_our_runs_are_stopped(
    environment: Environment, clients: Clients, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(clients, kind, monkeypatch)
    ours = jobs.make(f"screening-dev-{RUN}-train", "screening-dev")
    jobs.make(f"screening-dev-x-{RUN}-train", "screening-dev-x")  # a team whose name begins like ours
    jobs.make(f"screening-dev-{RUN}-copied", "screening-dev-x")  # our name, their tag
    jobs.make(f"screening-dev-{RUN}-by-hand", None)
    jobs.make("screening-dev-notebook", "screening-dev")  # our tag, and no run's name
    assert drain(environment, clients) == (f"1 running {kind.lower()} job",)
    assert jobs.stopped == [ours]


def test_only_executions_of_our_runs_are_stopped(environment: Environment) -> None:
    waiting = {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}
    other = make_environment("screening-dev", "x")
    with moto_clients(execute=True) as clients:
        started = {}
        for place in (environment, other):
            make_state_machine(place, clients, waiting)
            for name in (f"{place.stack}-{RUN}", "by-hand"):
                started[place.stack, name] = clients("stepfunctions").start_execution(
                    stateMachineArn=place.pipelines["training"].handle, name=name, input="{}"
                )["executionArn"]
        assert drain(environment, clients) == ("1 running execution",)
        status = {
            key: clients("stepfunctions").describe_execution(executionArn=arn)["status"] for key, arn in started.items()
        }
        for arn in started.values():
            clients("stepfunctions").stop_execution(executionArn=arn)
    assert status.pop(("screening-dev", f"screening-dev-{RUN}")) == "ABORTED"
    assert set(status.values()) == {"RUNNING"}


def test_an_environment_that_never_ran_has_nothing_to_drain(environment: Environment, clients: Clients) -> None:
    assert drain(environment, clients) == ()


@pytest.mark.parametrize("missing", ["endpoints", "registries"])
def test_an_environment_without_serving_is_drained_too(clients: Clients, missing: str) -> None:
    import dataclasses

    environment = dataclasses.replace(make_environment(), **{missing: {}})
    assert drain(environment, clients) == ()
