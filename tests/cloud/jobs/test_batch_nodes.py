"""Multi-node parallel jobs: nodes with addresses of their own, of which the main one decides how the job ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.jobs.test_batch import Batch

MEET = """
import os, socket
index, count = os.environ["AWS_BATCH_JOB_NODE_INDEX"], int(os.environ["AWS_BATCH_JOB_NUM_NODES"])
main = os.environ.get("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS")
assert (main is None) == (index == os.environ["AWS_BATCH_JOB_MAIN_NODE_INDEX"])
if main is None:
    own = socket.gethostbyname(socket.gethostname())
    with socket.create_server((own, 7000)) as server:
        calls = [server.accept() for _ in range(1, count)]
    said = [(peer[0], there.makefile().readline().strip()) for there, peer in calls]
    print(sorted(words for _, words in said), len({address for address, _ in said}))
else:
    import time
    for _ in range(300):
        try:
            own = socket.gethostbyname(socket.gethostname())
            there = socket.create_connection((main, 7000), source_address=(own, 0))
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
    there.sendall(f"node {index} {os.environ['ROLE']}\\n".encode())
    there.close()
    print(os.environ["AWS_BATCH_JOB_ID"])
    time.sleep(60)
"""


class Nodes(Batch):
    """A queue of machines that Batch manages, and a definition of two nodes."""

    def __init__(self, cloud: Any, kind: str = "EC2", routes: bool = True) -> None:
        super().__init__(cloud)
        ec2 = cloud.clients("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="machines", Description="-", VpcId=vpc)["GroupId"]
        iam = cloud.clients("iam")
        iam.create_instance_profile(InstanceProfileName="machines")
        resources = {
            "type": kind,
            "minvCpus": 0,
            "maxvCpus": 8,
            "instanceTypes": ["c5"],
            "subnets": [subnet],
            "securityGroupIds": [group],
            "instanceRole": "machines",
        }
        self.client.create_compute_environment(
            computeEnvironmentName="machines",
            type="MANAGED",
            state="ENABLED",
            serviceRole=cloud.role,
            computeResources=resources,
        )
        order = [{"order": 1, "computeEnvironment": "machines"}]
        self.client.create_job_queue(jobQueueName="nodes", state="ENABLED", priority=1, computeEnvironmentOrder=order)
        self.define_nodes([("0:", {"ROLE": "worker"}), ("2", {"ROLE": "other"})])

    def define_nodes(self, ranges: list[tuple[str, dict[str, str]]], main: int = 0, **more: Any) -> None:
        def container(variables: dict[str, str]) -> dict[str, Any]:
            environment = [{"name": name, "value": value} for name, value in variables.items()]
            return {"image": self.cloud.image, "vcpus": 1, "memory": 128, "environment": environment}

        nodes = [{"targetNodes": target, "container": container(variables)} for target, variables in ranges]
        self.client.register_job_definition(
            jobDefinitionName="nodes",
            type="multinode",
            nodeProperties={"numNodes": 2, "mainNode": main, "nodeRangeProperties": nodes},
            **more,
        )

    def submit_nodes(self, script: str, count: int = 2, **more: Any) -> str:
        override = {"targetNodes": "0:", "containerOverrides": {"command": ["python3", "-c", script]}}
        asked = {
            "jobName": "job",
            "jobQueue": "nodes",
            "jobDefinition": "nodes",
            "nodeOverrides": {"numNodes": count, "nodePropertyOverrides": [override]},
        }
        id: str = self.client.submit_job(**(asked | more))["jobId"]
        return id

    def settle(self, id: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if done(job := self.get(id)):
                return dict(job)
            time.sleep(0.03)
        raise AssertionError(job)


@pytest.fixture
def nodes(cloud: Any) -> Nodes:
    return Nodes(cloud)


def test_nodes_reach_the_main_one_by_its_address_and_end_with_it(nodes: Nodes) -> None:
    id = nodes.submit_nodes(MEET, count=3)
    job = nodes.wait(id)
    assert job["status"] == "SUCCEEDED", nodes.log(nodes.get(f"{id}#0"))
    assert "container" not in job
    assert job["nodeProperties"]["numNodes"] == 3
    main, *others = [nodes.get(f"{id}#{number}") for number in range(3)]
    assert nodes.log(main) == ["['node 1 worker', 'node 2 other'] 2"]
    assert [nodes.log(one) for one in others] == [[f"{id}#1"], [f"{id}#2"]]
    assert [one["nodeDetails"] for one in (main, others[0])] == [
        {"nodeIndex": 0, "isMainNode": True},
        {"nodeIndex": 1, "isMainNode": False},
    ]
    assert {one["statusReason"] for one in others} == {"The main node of the multi-node parallel job has ended."}
    listed = nodes.client.list_jobs(multiNodeJobId=id, jobStatus="FAILED")["jobSummaryList"]
    assert [one["nodeProperties"]["nodeIndex"] for one in listed] == [1, 2]
    assert [
        one["jobId"] for one in nodes.client.list_jobs(jobQueue="nodes", jobStatus="SUCCEEDED")["jobSummaryList"]
    ] == [id]


def test_the_main_node_decides_how_the_job_ends(nodes: Nodes) -> None:
    script = "import os, sys, time; index = os.environ['AWS_BATCH_JOB_NODE_INDEX']; time.sleep(0.5 * (index == '0'))"
    good = nodes.wait(nodes.submit_nodes(f"{script}; sys.exit(index == '1')"))
    assert good["status"] == "SUCCEEDED"
    assert nodes.get(f"{good['jobId']}#1")["container"]["exitCode"] == 1
    bad = nodes.wait(nodes.submit_nodes(f"{script}; sys.exit(3 * (index == '0'))", retryStrategy={"attempts": 2}))
    assert bad["status"] == "FAILED"
    assert [one["container"]["exitCode"] for one in bad["attempts"]] == [3, 3]


def test_a_job_that_is_terminated_ends_on_all_nodes(nodes: Nodes) -> None:
    id = nodes.submit_nodes("import time; time.sleep(60)")
    nodes.settle(f"{id}#1", lambda node: node["status"] == "RUNNING")
    with pytest.raises(ClientError, match="takes the job itself"):
        nodes.client.terminate_job(jobId=f"{id}#1", reason="no")
    nodes.client.terminate_job(jobId=id, reason="enough")
    job = nodes.wait(id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "enough")
    assert {nodes.get(f"{id}#{number}")["statusReason"] for number in (0, 1)} == {"enough"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"arrayProperties": {"size": 2}}, "cannot be an array job"),
        ({"containerOverrides": {"command": ["true"]}}, "use nodeOverrides"),
        ({"nodeOverrides": {"numNodes": 17}}, "runs 16 nodes"),
        ({"jobQueue": "queue"}, "aren't supported on UNMANAGED"),
    ],
)
def test_what_batch_does_not_do_with_nodes_is_refused(nodes: Nodes, asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ClientError, match=why):
        nodes.submit_nodes("pass", **asked)


def test_spot_machines_run_no_nodes(cloud: Any) -> None:
    with pytest.raises(ClientError, match="of type SPOT"):
        Nodes(cloud, "SPOT").submit_nodes("pass")


def test_ranges_without_an_open_end_keep_their_number_of_nodes(nodes: Nodes) -> None:
    nodes.define_nodes([("0:1", {})])
    with pytest.raises(ClientError, match="open upper boundary"):
        nodes.submit_nodes("pass", count=3)
    single = nodes.client.register_job_definition
    with pytest.raises(ClientError, match="multi-node parallel jobs only"):
        nodes.submit_nodes("pass", jobDefinition="task")
    assert single
