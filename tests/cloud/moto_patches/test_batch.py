"""Compute environments change in place where AWS changes them, and are refused where AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "batch.amazonaws.com"}}],
}
LINKED = "/aws-service-role/batch.amazonaws.com/"


@pytest.fixture(scope="module")
def world(cloud: Any) -> dict[str, Any]:
    """What compute environments stand on."""
    ec2, iam = cloud.clients()("ec2"), cloud.clients()("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    group = ec2.create_security_group(GroupName="batch", Description="batch", VpcId=vpc)["GroupId"]
    roles = {
        path: iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        for name, path in (("AWSServiceRoleForBatch", LINKED), ("own", "/"))
    }
    profile = iam.create_instance_profile(InstanceProfileName="machines")["InstanceProfile"]["Arn"]
    return {"subnets": subnets, "group": group, "roles": roles, "profile": profile}


@pytest.fixture
def batch(cloud: Any) -> Any:
    client = cloud.clients()("batch")
    yield client
    for queue in client.describe_job_queues()["jobQueues"]:
        client.update_job_queue(jobQueue=queue["jobQueueName"], state="DISABLED")
        client.delete_job_queue(jobQueue=queue["jobQueueName"])
    for environment in client.describe_compute_environments()["computeEnvironments"]:
        name = environment["computeEnvironmentName"]
        client.update_compute_environment(computeEnvironment=name, state="DISABLED")
        client.delete_compute_environment(computeEnvironment=name)


def make(batch: Any, world: dict[str, Any], *, role: str = LINKED, **resources: Any) -> None:
    batch.create_compute_environment(
        computeEnvironmentName="cpu",
        type="MANAGED",
        state="ENABLED",
        serviceRole=world["roles"][role],
        computeResources={
            "type": "EC2",
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "instanceTypes": ["m5"],
            "minvCpus": 0,
            "maxvCpus": 4,
            "subnets": world["subnets"][:1],
            "securityGroupIds": [world["group"]],
            "instanceRole": world["profile"],
            **resources,
        },
    )


def update(batch: Any, **resources: Any) -> Any:
    batch.update_compute_environment(computeEnvironment="cpu", computeResources=resources)
    return batch.describe_compute_environments(computeEnvironments=["cpu"])["computeEnvironments"][0]


def test_machines_are_exchanged_in_place(batch: Any, world: dict[str, Any]) -> None:
    make(batch, world)
    after = update(batch, instanceTypes=["c6i"], tags={"team": "a"}, subnets=world["subnets"], maxvCpus=8)
    resources = after["computeResources"]
    assert (resources["instanceTypes"], resources["tags"], resources["maxvCpus"]) == (["c6i"], {"team": "a"}, 8)
    assert resources["subnets"] == world["subnets"]
    assert resources["minvCpus"] == 0, "what was not named is as it was"


@pytest.mark.parametrize(("role", "strategy"), [("/", "BEST_FIT_PROGRESSIVE"), (LINKED, "BEST_FIT")])
def test_other_roles_and_strategies_change_sizes_only(
    batch: Any, world: dict[str, Any], role: str, strategy: str
) -> None:
    make(batch, world, role=role, allocationStrategy=strategy)
    assert update(batch, maxvCpus=8, instanceTypes=["m5"])["computeResources"]["maxvCpus"] == 8
    with pytest.raises(ClientError, match="instanceTypes can be changed only with the service-linked role"):
        update(batch, instanceTypes=["c6i"])


def test_fargate_changes_its_network_under_any_role_and_has_no_machines(batch: Any, world: dict[str, Any]) -> None:
    batch.create_compute_environment(
        computeEnvironmentName="cpu",
        type="MANAGED",
        serviceRole=world["roles"]["/"],
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": world["subnets"][:1],
            "securityGroupIds": [world["group"]],
        },
    )
    assert update(batch, subnets=world["subnets"])["computeResources"]["subnets"] == world["subnets"]
    with pytest.raises(ClientError, match="cannot be changed for Fargate"):
        update(batch, instanceTypes=["c6i"])


def test_what_a_create_refuses_an_update_refuses(batch: Any, world: dict[str, Any]) -> None:
    make(batch, world)
    with pytest.raises(ClientError, match="does not exist"):
        update(batch, instanceTypes=["x9.huge"])
    with pytest.raises(ClientError, match="cannot be exchanged"):
        batch.update_compute_environment(computeEnvironment="cpu", serviceRole=world["roles"]["/"])


def test_what_is_used_or_switched_on_is_not_deleted(batch: Any, world: dict[str, Any]) -> None:
    make(batch, world)
    order = [{"order": 1, "computeEnvironment": "cpu"}]
    batch.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    with pytest.raises(ClientError, match="must be disabled first"):
        batch.delete_job_queue(jobQueue="queue")
    with pytest.raises(ClientError, match="must be disabled first"):
        batch.delete_compute_environment(computeEnvironment="cpu")
    batch.update_compute_environment(computeEnvironment="cpu", state="DISABLED")
    with pytest.raises(ClientError, match="found existing JobQueue relationship"):
        batch.delete_compute_environment(computeEnvironment="cpu")
