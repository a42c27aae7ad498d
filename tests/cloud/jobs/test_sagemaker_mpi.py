"""Training by MPI: AWS's ``mpirun`` over all instances, with the real Open MPI and mpi4py, which are small wheels."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.cloud import jobs
from mlops_iac.cloud.server import Install
from mlops_iac.core.frameworks import Framework, get_framework
from tests.cloud.jobs.conftest import LIGHT, Cloud
from tests.cloud.jobs.test_sagemaker_instances import ISOLATED, instances

SUM = """
import json, os, pathlib, socket
from mpi4py import MPI
world = MPI.COMM_WORLD
found = world.gather({"rank": world.rank, "host": socket.gethostname(), "current": os.environ["SM_CURRENT_HOST"],
                      "local": os.environ["OMPI_COMM_WORLD_LOCAL_RANK"], "epochs": os.environ["SM_HP_EPOCHS"]})
total = world.allreduce(world.rank + 1)
if world.rank == 0:
    pathlib.Path("/opt/ml/model/found.json").write_text(json.dumps({"total": total, "found": found}))
print(f"rank {world.rank} of {world.size}")
"""


def find_mpi(image: str) -> Framework | None:
    pytorch = get_framework("pytorch", "2.6.0")
    wanted = ("mpi4py", "openmpi")
    packages = tuple(one for one in pytorch.packages if one.split("==")[0] in wanted)
    return Framework("mpi", "1", packages, pytorch.python) if image == LIGHT else None


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (lambda gateway: jobs.install(gateway, find_mpi),)


def by_mpi(processes: int) -> dict[str, str]:
    count = {"sagemaker_mpi_num_of_processes_per_host": str(processes)}
    return {"sagemaker_mpi_enabled": "true", "epochs": "3", **count}


@pytest.mark.parametrize(("count", "network"), [(1, ISOLATED), (2, ISOLATED), (2, {})])
def test_processes_of_all_instances_work_together(cloud: Cloud, count: int, network: dict[str, Any]) -> None:
    job = cloud.train(SUM, HyperParameters=by_mpi(2), **instances(count), **network)
    assert job["TrainingJobStatus"] == "Completed", "\n".join(cloud.log("/aws/sagemaker/TrainingJobs", "job"))
    told = json.loads(cloud.archive("models/job/output/model.tar.gz")["found.json"])
    size = 2 * count
    assert told["total"] == size * (size + 1) // 2
    assert [one["rank"] for one in told["found"]] == [*range(size)]
    assert {one["epochs"] for one in told["found"]} == {"3"}
    if count > 1:
        assert [one["host"] for one in told["found"]] == ["algo-1", "algo-1", "algo-2", "algo-2"]


def test_a_process_that_fails_ends_all_and_its_words_are_the_reason(cloud: Cloud) -> None:
    script = "from mpi4py import MPI\nif MPI.COMM_WORLD.rank == 1: raise ValueError('rank 1 is broken')\n"
    script += "MPI.COMM_WORLD.barrier()"
    job = cloud.train(script, HyperParameters=by_mpi(1), **instances(2), **ISOLATED)
    assert job["TrainingJobStatus"] == "Failed"
    log = "\n".join(cloud.log("/aws/sagemaker/TrainingJobs", "job"))
    assert "rank 1 is broken" in log
