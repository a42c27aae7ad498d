from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Registry
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.runs import rollback as rollback_module
from mlops_iac.runs.lineage import get_lineage
from mlops_iac.runs.models import get_model, list_models
from mlops_iac.runs.rollback import Rollback, plan, roll_back
from mlops_iac.runs.serving import runs_behind
from tests.support.small_environment import make_state_machine

RUNS = ("261121-081530-3fa2", "261122-081530-3fa2", "261123-081530-3fa2")
ROLE = "arn:aws:iam::123456789012:role/serving"
TAGS = [{"Key": "mlops-iac:stack", "Value": "screening-dev"}]
GROUP = "screening-dev-models"
ENDPOINT = "screening-dev-endpoint"


@pytest.fixture
def versions(environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Three versions of three runs, the last one deployed. moto knows no UpdateEndpoint: another endpoint is made."""
    sagemaker = clients("sagemaker")

    def update(EndpointName: str, EndpointConfigName: str) -> None:
        sagemaker.delete_endpoint(EndpointName=EndpointName)
        sagemaker.create_endpoint(EndpointName=EndpointName, EndpointConfigName=EndpointConfigName)

    monkeypatch.setattr(sagemaker, "update_endpoint", update)
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    arns = tuple(register(environment, clients, run) for run in RUNS)
    for run, arn in zip(RUNS, arns, strict=True):
        name = f"screening-dev-{run}-deploy"
        container = {"ModelPackageName": arn}
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=TAGS)
        variant = {"VariantName": "main", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=TAGS)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"screening-dev-{RUNS[2]}-deploy")
    return arns


def register(environment: Environment, clients: Clients, run: str, approval: str = "Approved", **more: Any) -> str:
    key = f"models/{run}/evaluation/evaluation.json"
    body = json.dumps({"metrics": {"auc": 0.9}})
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=body)
    statistics = {"ContentType": "application/json", "S3Uri": f"s3://{environment.lake.bucket}/{key}"}
    described = {
        "ModelPackageGroupName": GROUP,
        "ModelApprovalStatus": approval,
        "InferenceSpecification": {
            "Containers": [
                {"Image": "image:1", "ModelDataUrl": f"s3://{environment.lake.bucket}/models/{run}/m.tar.gz"}
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "CustomerMetadataProperties": {"run": run, "code": "0123456789abcdef"},
        **more,
    }
    arn: str = clients("sagemaker").create_model_package(**described)["ModelPackageArn"]
    return arn


@pytest.mark.usefixtures("versions")
def test_versions_are_listed_newest_first_with_where_they_serve(environment: Environment, clients: Clients) -> None:
    found = list_models(environment, clients)
    assert [one.version for one in found] == [3, 2, 1]
    assert [one.serves for one in found] == [(ENDPOINT,), (), ()]
    assert (found[0].run, found[0].code, found[0].metrics) == (RUNS[2], "0123456789abcdef", {"auc": 0.9})
    assert len(list_models(environment, clients, limit=2)) == 2


def test_a_registry_without_versions_has_none(environment: Environment, clients: Clients) -> None:
    assert list_models(environment, clients) == ()
    with pytest.raises(RunError, match="has registered a model"):
        get_model(environment, clients, "last")
    with pytest.raises(RunError, match="No endpoint of screening-dev serves"):
        get_model(environment, clients, "serving")


@pytest.mark.usefixtures("versions")
def test_one_version_is_found_by_number_or_word(environment: Environment, clients: Clients) -> None:
    assert [get_model(environment, clients, word).version for word in ("2", "last", "serving")] == [2, 3, 3]
    assert get_model(environment, clients, "1").to_json()["registered"].endswith("Z")
    with pytest.raises(RunError, match="has no version 9"):
        get_model(environment, clients, "9")
    for word in ("0", "-1", "two", "1.0", "9" * 40):
        with pytest.raises(UsageError, match="is no version"):
            get_model(environment, clients, word)


@pytest.mark.usefixtures("versions")
def test_of_several_registries_one_is_named(environment: Environment, clients: Clients) -> None:
    other = Registry(model_package_group="others", repository_url="")
    two = dataclasses.replace(environment, registries={**environment.registries, "other": other})
    assert len(list_models(two, clients)) == 3
    assert get_model(two, clients, "1", registry="main").version == 1
    with pytest.raises(UsageError, match="has these: main, other"):
        get_model(two, clients, "1")
    with pytest.raises(UsageError, match="no registry `mian`") as caught:
        list_models(two, clients, registry="mian")
    assert "did you mean `main`" in caught.value.hint


@pytest.mark.usefixtures("versions")
def test_metrics_are_read_from_the_environment_s_own_stores(environment: Environment, clients: Clients) -> None:
    clients("s3").create_bucket(Bucket="foreign", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients("s3").put_object(Bucket="foreign", Key="e.json", Body=b'{"metrics": {"auc": 1}}')
    statistics = {"ContentType": "application/json", "S3Uri": "s3://foreign/e.json"}
    register(environment, clients, "no run", ModelMetrics={"ModelQuality": {"Statistics": statistics}})
    found = get_model(environment, clients, "last")
    assert (found.metrics, found.run) == ({}, None)


def go(environment: Environment, clients: Clients, planned: Rollback) -> None:
    roll_back(environment, clients, planned, sleep=lambda _: None)


@pytest.mark.usefixtures("versions")
def test_the_version_before_serves_again_with_the_settings_of_now(environment: Environment, clients: Clients) -> None:
    planned = plan(environment, clients)
    assert (planned.serving, planned.to.version) == (3, 2)
    go(environment, clients, planned)
    assert get_model(environment, clients, "serving").version == 2
    sagemaker = clients("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    assert name.startswith(f"screening-dev-{RUNS[1]}-rollback-"), "`destroy` finds it by its name, and by its tag"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert sagemaker.list_tags(ResourceArn=config["EndpointConfigArn"])["Tags"] == TAGS
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    assert sagemaker.describe_model(ModelName=name)["ExecutionRoleArn"] == ROLE
    assert plan(environment, clients, to="3").to.version == 3


@pytest.mark.usefixtures("versions")
def test_a_version_that_is_not_approved_is_passed_over_and_refused(environment: Environment, clients: Clients) -> None:
    for approval, version in (("Rejected", "4"), ("PendingManualApproval", "5")):
        register(environment, clients, RUNS[0], approval)
        with pytest.raises(RunError, match=f"Version {version} of screening-dev is {approval}"):
            plan(environment, clients, to=version)
    assert plan(environment, clients).to.version == 2


@pytest.mark.usefixtures("versions")
def test_what_cannot_be_gone_back_to_is_said(environment: Environment, clients: Clients) -> None:
    with pytest.raises(RunError, match="serves version 3"):
        plan(environment, clients, to="3")
    register(environment, clients, "by hand")
    with pytest.raises(RunError, match="says no run"):
        plan(environment, clients, to="4")
    with pytest.raises(UsageError, match="has these endpoints: main"):
        plan(environment, clients, endpoint="man")
    go(environment, clients, plan(environment, clients, to="1"))
    with pytest.raises(RunError, match="no approved version before 1"):
        plan(environment, clients)


def test_nothing_served_yet_is_said(environment: Environment, clients: Clients) -> None:
    with pytest.raises(RunError, match="has no model that it could go back from"):
        plan(environment, clients)


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("status", "summary"), [("Updating", "The endpoint is being changed."), ("Creating", "Nothing is served yet.")]
)
def test_an_endpoint_that_is_being_changed_is_left_alone(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch, status: str, summary: str
) -> None:
    answering(clients, monkeypatch, iter([status]))
    with pytest.raises(RunError) as caught:
        plan(environment, clients)
    assert caught.value.summary == summary


def answering(clients: Clients, monkeypatch: pytest.MonkeyPatch, statuses: Iterator[str], **more: str) -> None:
    """From now on the endpoint has these statuses, one each time that it is looked at."""
    real = clients("sagemaker").describe_endpoint

    def describe(**arguments: Any) -> dict[str, Any]:
        return {**real(**arguments), **more, "EndpointStatus": next(statuses)}

    monkeypatch.setattr(clients("sagemaker"), "describe_endpoint", describe)


@pytest.mark.usefixtures("versions")
def test_a_version_that_does_not_start_leaves_nothing_behind(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(environment, clients)
    before = f"screening-dev-{RUNS[2]}-deploy"
    answering(
        clients,
        monkeypatch,
        iter(["Updating", "InService"]),
        EndpointConfigName=before,
        FailureReason="It does not load.",
    )
    with pytest.raises(RunError, match=r"It does not load\.\n.* keeps serving version 3"):
        go(environment, clients, planned)
    names = [one["ModelName"] for one in clients("sagemaker").list_models()["Models"]]
    assert not [name for name in names if "rollback" in name]
    configs = clients("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    assert len(configs) == 3


@pytest.mark.usefixtures("versions")
def test_a_refused_update_leaves_nothing_behind(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "No more."}}, "UpdateEndpoint")

    planned = plan(environment, clients)
    monkeypatch.setattr(clients("sagemaker"), "update_endpoint", refuse)
    with pytest.raises(CloudError, match=r"No more\."):
        go(environment, clients, planned)
    assert len(clients("sagemaker").list_models()["Models"]) == 3


@pytest.mark.usefixtures("versions")
def test_it_does_not_wait_for_ever(environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback_module, "LONGEST", 1.0)
    planned = plan(environment, clients)
    answering(clients, monkeypatch, iter(["Updating"] * 5))
    with pytest.raises(RunError, match="still being changed after 1 seconds"):
        go(environment, clients, planned)


@pytest.mark.usefixtures("versions")
def test_traffic_that_is_split_is_not_rolled_back(environment: Environment, clients: Clients) -> None:
    sagemaker = clients("sagemaker")
    variants = [
        {
            "VariantName": f"v{number}",
            "ModelName": f"screening-dev-{run}-deploy",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        for number, run in enumerate(RUNS[:2])
    ]
    sagemaker.create_endpoint_config(EndpointConfigName="split", ProductionVariants=variants)
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="split")
    with pytest.raises(RunError, match="between the versions 1, 2"):
        plan(environment, clients)
    assert [one.serves for one in list_models(environment, clients)] == [(), (ENDPOINT,), (ENDPOINT,)]


def serve_beside(clients: Clients, run: str, beside: str, member: str, name: str) -> dict[str, Any]:
    """The endpoint serves a run's model, with another's beside it; answers the variants."""
    sagemaker = clients("sagemaker")
    common = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    first = {**common, "VariantName": "all", "ModelName": f"screening-dev-{run}-deploy", "InitialVariantWeight": 90}
    other = {**common, "VariantName": name, "ModelName": f"screening-dev-{beside}-deploy", "InitialVariantWeight": 10}
    variants = {"ProductionVariants": [first]}
    variants.setdefault(member, []).append(other)
    sagemaker.create_endpoint_config(EndpointConfigName=f"screening-dev-{beside}-{name}", Tags=TAGS, **variants)
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"screening-dev-{beside}-{name}")
    return variants


@pytest.mark.usefixtures("versions")
def test_a_shadow_is_called_a_shadow_and_rolling_back_takes_it_away(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = serve_beside(clients, RUNS[1], RUNS[2], "ShadowProductionVariants", "shadow")
    real = clients("sagemaker").describe_endpoint_config

    def describe(EndpointConfigName: str) -> dict[str, Any]:
        """moto forgets shadows."""
        more = told if EndpointConfigName.endswith("-shadow") else {}
        return {**real(EndpointConfigName=EndpointConfigName), **more}

    monkeypatch.setattr(clients("sagemaker"), "describe_endpoint_config", describe)
    third, second, _ = list_models(environment, clients)
    assert (third.serves, third.shadows, second.serves, second.shadows) == ((), (ENDPOINT,), (ENDPOINT,), ())
    behind = runs_behind(environment, clients)
    assert {run: where.words for run, where in behind.items()} == {RUNS[1]: ("serves",), RUNS[2]: ("shadow",)}
    planned = plan(environment, clients)
    assert (planned.serving, planned.beside, planned.to.version) == (2, (3,), 2)
    go(environment, clients, planned)
    name = clients("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    config = clients("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    assert not config.get("ShadowProductionVariants")
    assert runs_behind(environment, clients)[RUNS[1]].words == ("serves",)
    assert RUNS[2] not in runs_behind(environment, clients)


@pytest.mark.usefixtures("versions")
def test_rolling_an_ab_test_back_gives_the_one_before_all_requests(environment: Environment, clients: Clients) -> None:
    serve_beside(clients, RUNS[1], RUNS[2], "ProductionVariants", "challenger")
    behind = runs_behind(environment, clients)
    assert {run: where.words for run, where in behind.items()} == {RUNS[1]: ("serves",), RUNS[2]: ("serves",)}
    assert plan(environment, clients, to="3").to.version == 3, "the challenger may be chosen"
    planned = plan(environment, clients)
    assert (planned.serving, planned.beside, planned.to.version) == (2, (3,), 2)
    go(environment, clients, planned)
    name = clients("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    (variant,) = clients("sagemaker").describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialVariantWeight"]) == ("all", 1.0)


@pytest.mark.usefixtures("versions")
def test_a_configuration_that_was_deleted_loses_the_settings(environment: Environment, clients: Clients) -> None:
    clients("sagemaker").delete_endpoint_config(EndpointConfigName=f"screening-dev-{RUNS[2]}-deploy")
    assert list_models(environment, clients)[0].serves == ()
    with pytest.raises(RunError, match="its settings are lost"):
        go(environment, clients, plan(environment, clients, to="1"))


@pytest.mark.usefixtures("versions")
def test_the_lineage_of_a_version_whose_run_is_forgotten_says_so(environment: Environment, clients: Clients) -> None:
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})
    found = get_lineage(environment, clients, "serving")
    assert [node.id for node in found.nodes] == ["code 0123456789abcdef", "model main/3", f"endpoint {ENDPOINT}"]
    assert found.edges == (("code 0123456789abcdef", "model main/3"), ("model main/3", f"endpoint {ENDPOINT}"))
    assert found.unknown[0].startswith(f"Run {RUNS[2]}, which registered it, is not there any more")
