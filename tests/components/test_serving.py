"""Endpoints are declared before their first model exists."""

from __future__ import annotations

import pytest

from mlops_iac.components._kit import EndpointRef, KeyRef, NetworkRef
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.serving.endpoint import Endpoint, EndpointArgs, Realtime, Serverless
from mlops_iac.core.errors import BlueprintError
from tests.components.world import World, run, site

KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")
NETWORK = NetworkRef(vpc_id="vpc-1", subnet_ids=("subnet-1",), job_security_group_id="sg-1")


def declared(args: EndpointArgs | None = None, profile: str = "standard") -> tuple[EndpointRef, World]:
    found: list[Endpoint] = []
    made = run(lambda: found.append(Endpoint(site(profile).named("endpoint"), args)))
    return found[0].ref, made


FLAVOURS = pytest.mark.parametrize("flavour", [Serverless(), Realtime()], ids=lambda flavour: flavour.word)


@FLAVOURS
def test_nothing_that_needs_a_model_is_made(flavour: Serverless | Realtime) -> None:
    _, made = declared(EndpointArgs(flavour=flavour))
    assert not [name for name in made.resources if name.type.startswith("aws:sagemaker/")]
    assert made.get("endpoint-log-group").inputs["name"] == "/aws/sagemaker/Endpoints/screening-dev-endpoint"


def test_another_flavour_is_the_same_resources() -> None:
    """Their names are taken: a second set under other URNs could never be made while the first is there."""
    urns = [
        {resource.urn for resource in declared(EndpointArgs(flavour=flavour))[1].resources}
        for flavour in (Serverless(), Realtime())
    ]
    assert urns[0] == urns[1]


def test_serverless_has_what_aws_offers_it() -> None:
    flavour = Serverless(memory_mb=3072, max_concurrency=7)
    ref, _ = declared(EndpointArgs(flavour=flavour, key=KEY, network=NETWORK))
    assert ref.settings == {
        "VariantName": "main",
        "InitialVariantWeight": 1,
        "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": 7},
    }
    assert (ref.key_arn, list(ref.subnet_ids), ref.network_isolation) == (None, [], False)


def test_realtime_is_private_isolated_and_encrypted() -> None:
    ref, _ = declared(EndpointArgs(flavour=Realtime(), network=NETWORK, key=KEY))
    assert ref.settings["InitialInstanceCount"] == 2
    assert (ref.key_arn, list(ref.subnet_ids), list(ref.security_group_ids)) == (KEY.arn, ["subnet-1"], ["sg-1"])
    assert ref.network_isolation is True


@pytest.mark.parametrize("kind", ["ml.g4dn.xlarge", "ml.g5.2xlarge", "ml.m5d.large"])
def test_disks_that_encrypt_themselves_are_given_no_key(kind: str) -> None:
    ref, made = declared(EndpointArgs(flavour=Realtime(instance_type=kind), key=KEY))
    assert ref.key_arn is None
    assert made.get("endpoint-log-group").inputs["kmsKeyId"] == KEY.arn


def test_sandbox_pays_for_one_instance() -> None:
    ref, _ = declared(EndpointArgs(flavour=Realtime()), "sandbox")
    assert ref.settings["InitialInstanceCount"] == 1


def test_alarms_watch_the_name_that_the_endpoint_will_have() -> None:
    ref, made = declared(EndpointArgs(slow_after_ms=500))
    alarm = made.get("endpoint-latency-alarm").inputs
    assert alarm["dimensions"] == {"EndpointName": ref.name, "VariantName": "main"}
    assert alarm["threshold"] == 500_000
    assert alarm["treatMissingData"] == "notBreaching"


def test_deploying_is_allowed_on_this_endpoint_only() -> None:
    def program() -> None:
        endpoint = Endpoint(site().named("endpoint"))
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        endpoint.grant_deploy(role)

    statements = {s["Sid"]: s for s in run(program).get("flow-policy").document("policy")["Statement"]}
    arn = "arn:aws:sagemaker:eu-west-1:123456789012"
    assert statements["EndpointDeploy"]["Resource"] == [
        f"{arn}:endpoint-config/screening-dev-*",
        f"{arn}:endpoint/screening-dev-endpoint",
    ]


def test_an_endpoint_writes_the_streams_that_aws_names_by_variant_and_instance() -> None:
    _, made = declared()
    statements = {s["Sid"]: s for s in made.get("endpoint-policy").document("policy")["Statement"]}
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/screening-dev-endpoint"
    assert statements["EndpointLogs"]["Resource"] == [f"{group}:log-stream:*"]
    assert statements["EndpointLogGroups"]["Resource"] == [f"{group}:*"]


@pytest.mark.parametrize(
    "flavour",
    [
        Serverless(memory_mb=1000),
        Serverless(max_concurrency=0),
        Serverless(max_concurrency=201),
        Realtime(instances=0),
    ],
)
def test_sizes_that_sagemaker_refuses_are_refused_here(flavour: Serverless | Realtime) -> None:
    with pytest.raises(BlueprintError, match="Value out of range"):
        declared(EndpointArgs(flavour=flavour))
