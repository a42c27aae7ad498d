"""The step launcher on several nodes: SageMaker's names and variables, one model, and nodes that end together."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from mlops_iac.cloud import jobs
from mlops_iac.cloud.server import Install
from mlops_iac.core import script_mode
from mlops_iac.core.frameworks import Framework, get_framework
from mlops_iac.pipelines.compile.jobs import LAUNCHED
from tests.cloud.jobs.conftest import LIGHT
from tests.cloud.jobs.test_batch_nodes import Nodes
from tests.cloud.jobs.test_sagemaker_instances import MEET
from tests.cloud.jobs.test_sagemaker_mpi import SUM, by_mpi
from tests.cloud.jobs.test_step_launcher import CODE, LAUNCHER, OURS
from tests.support.roles import make_mighty_role

WANTED = {
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
    *("mpi4py", "openmpi"),
}
FILES = {**OURS, "mlops_iac_nodes.py": LAUNCHER.joinpath("mlops_iac_nodes.py").read_bytes()}


def find_small(image: str) -> Framework | None:
    """What of PyTorch's image the launcher and MPI need."""
    pytorch = get_framework("pytorch", "2.6.0")
    packages = tuple(one for one in pytorch.packages if one.split("==")[0] in WANTED)
    return Framework("small", "1", packages, pytorch.python) if image == LIGHT else None


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (lambda gateway: jobs.install(gateway, find_small),)


class Trainings(Nodes):
    """Scripts that the launcher trains with on several nodes."""

    def __init__(self, cloud: Any) -> None:
        super().__init__(cloud)
        make_mighty_role(cloud.clients, "container", "ecs-tasks")
        self.role = f"arn:aws:iam::{cloud.role.split(':')[4]}:role/container"
        container = {"image": cloud.image, "vcpus": 1, "memory": 128, "jobRoleArn": self.role}
        nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", "container": container}]}
        self.client.register_job_definition(jobDefinitionName="train", type="multinode", nodeProperties=nodes)
        cloud.put("features/train.csv", "1")
        self.way_to_s3()

    def way_to_s3(self) -> None:
        """The nodes' subnet has no way out but to S3."""
        ec2 = self.cloud.clients("ec2")
        vpc = ec2.describe_subnets()["Subnets"]
        subnet = next(one for one in vpc if one["CidrBlock"] == "10.0.0.0/24")
        ec2.create_vpc_endpoint(
            VpcId=subnet["VpcId"],
            VpcEndpointType="Gateway",
            ServiceName="com.amazonaws.eu-west-1.s3",
            RouteTableIds=[
                one["RouteTableId"]
                for one in ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])[
                    "RouteTables"
                ]
            ],
        )

    def train(self, script: str, count: int = 2, **hyperparameters: str) -> dict[str, Any]:
        self.cloud.put_code({**FILES, "train.py": script}, "code/1/sourcedir.tar.gz")
        order = {
            "kind": "training",
            "job": "j",
            "hyperparameters": {
                "mlops_iac_script": "train.py",
                "sagemaker_program": "mlops_iac_run.py",
                **hyperparameters,
            },
            "inputs": [
                {"name": "train", "path": "/opt/ml/input/data/train", "uri": "s3://lake/features/"},
                {**CODE, "path": "/opt/ml/input/data/code"},
            ],
            "model": "s3://lake/models/r/j/output/model.tar.gz",
        }
        told = {"MLOPS_IAC_CODE": CODE["uri"], "MLOPS_IAC_STEP": json.dumps(order)}
        environment = [{"name": name, "value": value} for name, value in told.items()]
        override = {"targetNodes": "0:", "containerOverrides": {"command": LAUNCHED, "environment": environment}}
        id = self.submit_nodes(
            "",
            jobDefinition="train",
            nodeOverrides={"numNodes": count, "nodePropertyOverrides": [override]},
        )
        job = self.wait(id, timeout=90)
        return {**job, "logs": [self.log(self.get(f"{id}#{number}")) for number in range(count)]}


@pytest.fixture
def trainings(cloud: Any) -> Trainings:
    return Trainings(cloud)


def test_a_script_finds_the_others_as_it_does_in_sagemaker(trainings: Trainings) -> None:
    job = trainings.train(MEET, count=3)
    assert job["status"] == "SUCCEEDED", job["logs"]
    made = trainings.cloud.archive("models/r/j/output/model.tar.gz")
    assert "algo-2.txt" not in made, "the first one's model is kept"
    assert "algo-2 left files in SM_MODEL_DIR" in "\n".join(job["logs"][1])
    told = json.loads(made["told.json"])
    told.sort(key=lambda one: str(one["host"]))
    assert [one["host"] for one in told] == ["algo-1", "algo-2", "algo-3"]
    assert [one["config"]["current_host"] for one in told] == ["algo-1", "algo-2", "algo-3"]
    assert all(one["config"]["hosts"] == ["algo-1", "algo-2", "algo-3"] for one in told)
    assert [one["master"] for one in told] == [True, False, False]
    assert all(one["files"] == ["train.csv"] for one in told)


def test_a_node_that_fails_fails_the_training_with_its_words(trainings: Trainings) -> None:
    script = """
import os, time
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    raise ValueError("half a batch")
time.sleep(60)
"""
    job = trainings.train(script)
    assert (job["status"], job["attempts"][0]["container"]["exitCode"]) == ("FAILED", 143)
    assert job["logs"][0][-1] == "mlops-iac: algo-2: ValueError: half a batch, exit code: 1, exit code: 143"


def test_a_script_is_stopped_though_another_node_failed_before_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would train for hours, for a job that has failed already."""
    monkeypatch.syspath_prepend(str(LAUNCHER))
    monkeypatch.setitem(sys.modules, "mlops_iac_script_mode", script_mode)
    nodes = importlib.import_module("mlops_iac_nodes").Nodes()
    nodes._stop()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        nodes.started(process)
        assert process.wait(timeout=30) == -signal.SIGTERM


@pytest.mark.parametrize("processes", [1, 2])
def test_processes_of_all_nodes_train_by_mpi(trainings: Trainings, processes: int) -> None:
    job = trainings.train(SUM, **by_mpi(processes))
    assert job["status"] == "SUCCEEDED", job["logs"]
    told = json.loads(trainings.cloud.archive("models/r/j/output/model.tar.gz")["found.json"])
    size = 2 * processes
    assert told["total"] == size * (size + 1) // 2
    assert [one["rank"] for one in told["found"]] == [*range(size)]
    assert {one["epochs"] for one in told["found"]} == {"3"}
    assert len({one["host"] for one in told["found"]}) == 2
