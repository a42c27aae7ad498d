"""Endpoints are declared before their first model exists."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.components._kit import KeyRef, NetworkRef
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.serving.realtime import RealtimeEndpoint, RealtimeEndpointArgs
from mlops_iac.components.serving.serverless import ServerlessEndpoint, ServerlessEndpointArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import World, run, site

KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")
NETWORK = NetworkRef(vpc_id="vpc-1", subnet_ids=("subnet-1",), job_security_group_id="sg-1")


def declared(kind: Any, args: Any, profile: str = "standard") -> tuple[Any, World]:
    found: list[Any] = []
    made = run(lambda: found.append(kind(site(profile).named("endpoint"), args)))
    return found[0].ref, made


@pytest.mark.parametrize("kind", [ServerlessEndpoint, RealtimeEndpoint])
def test_nothing_that_needs_a_model_is_made(kind: Any) -> None:
    _, made = declared(kind, None)
    assert not [name for name in made.resources if name.type.startswith("aws:sagemaker/")]
    assert made.get("endpoint-log-group").inputs["name"] == "/aws/sagemaker/Endpoints/screening-dev-endpoint"


def test_serverless_has_what_aws_offers_it() -> None:
    ref, _ = declared(ServerlessEndpoint, ServerlessEndpointArgs(memory_mb=3072, max_concurrency=7, key=KEY))
    assert ref.settings == {
        "VariantName": "main",
        "InitialVariantWeight": 1,
        "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": 7},
    }
    assert (ref.key_arn, list(ref.subnet_ids), ref.network_isolation) == (None, [], False)


def test_realtime_is_private_isolated_and_encrypted() -> None:
    ref, _ = declared(RealtimeEndpoint, RealtimeEndpointArgs(network=NETWORK, key=KEY))
    assert ref.settings["InitialInstanceCount"] == 2
    assert (ref.key_arn, list(ref.subnet_ids), list(ref.security_group_ids)) == (KEY.arn, ["subnet-1"], ["sg-1"])
    assert ref.network_isolation is True


def test_sandbox_pays_for_one_instance() -> None:
    ref, _ = declared(RealtimeEndpoint, None, "sandbox")
    assert ref.settings["InitialInstanceCount"] == 1


def test_alarms_watch_the_name_that_the_endpoint_will_have() -> None:
    ref, made = declared(ServerlessEndpoint, ServerlessEndpointArgs(slow_after_ms=500))
    alarm = made.get("endpoint-latency-alarm").inputs
    assert alarm["dimensions"] == {"EndpointName": ref.name, "VariantName": "main"}
    assert alarm["threshold"] == 500_000
    assert alarm["treatMissingData"] == "notBreaching"


def test_deploying_is_allowed_on_this_endpoint_only() -> None:
    def program() -> None:
        endpoint = ServerlessEndpoint(site().named("endpoint"))
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        endpoint.grant_deploy(role)

    statements = {s["Sid"]: s for s in run(program).get("flow-policy").document("policy")["Statement"]}
    arn = "arn:aws:sagemaker:eu-west-1:123456789012"
    assert statements["EndpointDeploy"]["Resource"] == [
        f"{arn}:endpoint-config/screening-dev-*",
        f"{arn}:endpoint/screening-dev-endpoint",
    ]


def test_an_endpoint_writes_the_streams_that_aws_names_by_variant_and_instance() -> None:
    _, made = declared(ServerlessEndpoint, None)
    statements = {s["Sid"]: s for s in made.get("endpoint-policy").document("policy")["Statement"]}
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/screening-dev-endpoint"
    assert statements["EndpointLogs"]["Resource"] == [f"{group}:log-stream:*"]
    assert statements["EndpointLogGroups"]["Resource"] == [f"{group}:*"]


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        (ServerlessEndpoint, ServerlessEndpointArgs(memory_mb=1000)),
        (ServerlessEndpoint, ServerlessEndpointArgs(max_concurrency=0)),
        (ServerlessEndpoint, ServerlessEndpointArgs(max_concurrency=201)),
        (RealtimeEndpoint, RealtimeEndpointArgs(instances=0)),
    ],
)
def test_sizes_that_sagemaker_refuses_are_refused_here(kind: Any, args: Any) -> None:
    with pytest.raises(BlueprintError, match="Value out of range"):
        declared(kind, args)
