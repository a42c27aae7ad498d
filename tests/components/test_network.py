"""The network: private, with a way to S3 and DynamoDB only."""

from __future__ import annotations

import ipaddress
import itertools

import pytest

from mlops_iac.components.network import (
    BATCH_ENDPOINTS,
    Network,
    NetworkArgs,
    open_blocks,
    subnet_blocks,
    whole_zones,
)
from mlops_iac.core.errors import BlueprintError
from mlops_iac.testing.contracts.resources import DOOR
from tests.components.world import PROFILES, REGION, World, run, site


def test_two_private_subnets_in_two_zones() -> None:
    made = run(lambda: Network(site().named("net")))
    subnets = [made.get(f"net-subnet-{number}").inputs for number in (1, 2)]
    assert {subnet["availabilityZone"] for subnet in subnets} == {f"{REGION}a", f"{REGION}b"}
    assert [subnet["cidrBlock"] for subnet in subnets] == ["10.64.0.0/22", "10.64.4.0/22"]


def test_jobs_reach_the_gateways_and_each_other_only() -> None:
    made = run(lambda: Network(site().named("net")))
    out = made.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    to_lists = {rule.inputs["prefixListId"]: rule.inputs["toPort"] for rule in out if "prefixListId" in rule.inputs}
    assert to_lists == {"pl-net-s3-endpoint": 443, "pl-net-dynamodb-endpoint": 443}
    rest = [rule for rule in out if "prefixListId" not in rule.inputs]
    assert [rule.inputs["referencedSecurityGroupId"] for rule in rest] == ["net-job-security-group-id"]


def test_the_default_security_group_is_empty() -> None:
    rules = run(lambda: Network(site().named("net"))).get("net-default-security-group").inputs
    assert "ingress" not in rules
    assert "egress" not in rules


def test_interface_endpoints_are_for_who_asks() -> None:
    args = NetworkArgs(interface_endpoints=("ecr.api",))
    made = run(lambda: Network(site().named("net"), args))
    endpoint = made.get("net-ecr-api-endpoint").inputs
    assert endpoint["serviceName"] == f"com.amazonaws.{REGION}.ecr.api"
    assert endpoint["securityGroupIds"] == ["net-endpoint-security-group-id"]
    assert endpoint["privateDnsEnabled"] is True


def test_a_sandbox_has_interface_endpoints_in_one_zone() -> None:
    args = NetworkArgs(interface_endpoints=("logs",))
    zones = {profile: _zones(run(lambda p=profile: Network(site(p).named("net"), args))) for profile in PROFILES}
    assert zones == {"sandbox": 1, "standard": 2, "regulated": 2}


def _zones(made: World) -> int:
    return len(made.get("net-logs-endpoint").inputs["subnetIds"])


def test_a_sandbox_lets_machines_of_queues_out_and_nobody_in() -> None:
    """SageMaker's jobs stay in subnets without a way out."""
    found: list[Network] = []
    made = run(lambda: found.append(Network(site("sandbox").named("net"), NetworkArgs(machines=True))))
    assert not [way for way in made.of(DOOR) if way.inputs["vpcEndpointType"] == "Interface"]
    table = made.get("net-open-route-table")
    assert table.inputs["routes"] == [{"cidrBlock": "0.0.0.0/0", "gatewayId": "net-internet-gateway-id"}]
    assert not made.get("net-route-table").inputs.get("routes")
    for service in ("s3", "dynamodb"):
        tables = made.get(f"net-{service}-endpoint").inputs["routeTableIds"]
        assert tables == ["net-route-table-id", "net-open-route-table-id"], "data takes the gateway, not the internet"
    public = {one.name for one in made.of("aws:ec2/subnet:Subnet") if one.inputs["mapPublicIpOnLaunch"]}
    assert public == {"net-open-subnet-1", "net-open-subnet-2"}
    coming_in = made.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert [rule.inputs["referencedSecurityGroupId"] for rule in coming_in] == ["net-job-security-group-id"]
    assert len(found[0].ref.machine_subnet_ids) == len(found[0].ref.machine_security_group_ids) == 2
    assert found[0].ref.machine_subnet_ids != found[0].ref.subnet_ids


def test_machines_of_queues_elsewhere_reach_aws_by_endpoints_only() -> None:
    found: list[Network] = []
    made = run(lambda: found.append(Network(site().named("net"), NetworkArgs(machines=True))))
    assert not made.of("aws:ec2/internetGateway:InternetGateway")
    services = {door.inputs["serviceName"] for door in made.of(DOOR) if door.inputs["vpcEndpointType"] == "Interface"}
    assert services == {f"com.amazonaws.{REGION}.{service}" for service in BATCH_ENDPOINTS}
    assert found[0].ref.machine_subnet_ids == found[0].ref.subnet_ids


@pytest.mark.parametrize("block", ["10.64.0.0/16", "10.64.0.0/20", "192.168.1.0/24"])
def test_open_subnets_are_apart_from_the_others(block: str) -> None:
    blocks = [ipaddress.ip_network(one) for one in (*subnet_blocks(block, 3), *open_blocks(block))]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(blocks, 2))
    assert all(ipaddress.ip_network(block).supernet_of(one) for one in blocks)


@pytest.mark.parametrize("block", ["10.0.0.0/8", "10.0.0.0/28", "8.8.8.0/24", "10.0.0.1/20", "ten"])
def test_a_block_that_cannot_be_is_refused(block: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        subnet_blocks(block)
    assert f"`{block}`" in caught.value.detail


def test_an_adopted_network_makes_nothing() -> None:
    found: list[Network] = []
    made = run(
        lambda: found.append(
            Network.adopt(site().named("net"), vpc_id="vpc-1", subnet_ids=["subnet-1"], security_group_id="sg-1")
        )
    )
    assert made.names() == set()
    assert (found[0].ref.vpc_id, found[0].ref.job_security_group_id) == ("vpc-1", "sg-1")


def test_local_and_wavelength_zones_are_left_out() -> None:
    offered = ["us-east-1-bos-1a", "us-east-1b", "us-east-1a", "us-east-1-wl1-nyc-wlz-1"]
    assert whole_zones(offered, "us-east-1") == ["us-east-1a", "us-east-1b"]


def test_a_region_with_one_zone_is_refused() -> None:
    with pytest.raises(BlueprintError, match="Too few availability zones"):
        whole_zones(["us-east-1a"], "us-east-1")
