from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.drain import drain
from tests.support.small_environment import make_environment, make_lake

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


def test_an_environment_that_never_ran_has_nothing_to_drain(environment: Environment, clients: Clients) -> None:
    assert drain(environment, clients) == ()


@pytest.mark.parametrize("missing", ["endpoints", "registries"])
def test_an_environment_without_serving_is_drained_too(clients: Clients, missing: str) -> None:
    import dataclasses

    environment = dataclasses.replace(make_environment(), **{missing: {}})
    assert drain(environment, clients) == ()
