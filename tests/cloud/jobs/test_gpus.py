"""GPUs of this machine, and those of them that a job sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.jobs.gpus import Share, here, share_of_container, share_of_type
from mlops_iac.cloud.jobs.resources import instance_type_of

FOUR = ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("said", "devices"),
    [({}, ("0", "2", "10")), ({"CUDA_VISIBLE_DEVICES": "1, GPU-4f"}, ("1", "GPU-4f"))]
    + [({"CUDA_VISIBLE_DEVICES": nothing}, ()) for nothing in ("", "-1")],
)
def test_here_are_those_that_the_driver_shows_or_whoever_started_the_cloud_allows(
    said: dict[str, str], devices: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert here(said, tmp_path) == devices


def test_a_job_sees_as_many_as_its_type_has_and_says_nothing() -> None:
    assert share_of_type("ml.g5.xlarge", FOUR) == Share(("0",))
    assert share_of_type("ml.g5.12xlarge", FOUR).variables == {"CUDA_VISIBLE_DEVICES": "0,1,2,3"}


def test_each_instance_of_a_job_sees_its_own() -> None:
    assert [share_of_type("ml.g5.xlarge", FOUR, number).devices for number in range(3)] == [("0",), ("1",), ("2",)]


def test_a_type_without_gpus_sees_none_even_where_there_are_some() -> None:
    assert share_of_type("ml.m5.large", FOUR) == Share()
    assert share_of_type("ml.m5.large", FOUR).variables == {"CUDA_VISIBLE_DEVICES": ""}
    assert share_of_type("", FOUR) == Share()


def test_a_type_that_the_table_lacks_sees_all_of_them() -> None:
    assert share_of_type("ml.p9.xlarge", FOUR).devices == FOUR


@pytest.mark.parametrize(
    ("there", "devices", "lack"),
    [
        ((), (), "ml.g5.12xlarge has 4 × A10G of 22 GiB; this machine has no GPU: it runs on the CPU."),
        (("0",), ("0",), "ml.g5.12xlarge has 4 × A10G of 22 GiB; this machine has 1 GPU: it sees 1."),
        (("0", "1"), ("0", "1"), "ml.g5.12xlarge has 4 × A10G of 22 GiB; this machine has 2 GPUs: it sees 2."),
    ],
)
def test_what_this_machine_lacks_is_told(there: tuple[str, ...], devices: tuple[str, ...], lack: str) -> None:
    assert share_of_type("ml.g5.12xlarge", there) == Share(devices, lack)


def test_a_container_on_a_queue_sees_as_many_as_it_asks_for() -> None:
    asked: dict[str, Any] = {"resourceRequirements": [{"type": "GPU", "value": "2"}, {"type": "VCPU", "value": "4"}]}
    assert share_of_container(asked, FOUR) == Share(("0", "1"))
    assert share_of_container(asked, ()).lack == (
        "The container asks for 2 GPUs; this machine has no GPU: it runs on the CPU."
    )
    assert share_of_container({}, FOUR) == Share()


@pytest.mark.parametrize(
    "record",
    [
        {"ResourceConfig": {"InstanceType": "ml.g5.xlarge"}},
        {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.g5.xlarge"}}},
        {"TransformResources": {"InstanceType": "ml.g5.xlarge"}},
    ],
)
def test_every_kind_of_job_says_its_type(record: dict[str, Any]) -> None:
    assert instance_type_of(record) == "ml.g5.xlarge"


TELL = """
import json, os, pathlib
told = {name: os.environ[name] for name in ("CUDA_VISIBLE_DEVICES", "SM_NUM_GPUS")}
pathlib.Path(os.environ["SM_MODEL_DIR"], "told.json").write_text(json.dumps(told))
"""


def told(cloud: Any, kind: str) -> dict[str, str]:
    """What a training on such a machine sees."""
    job = cloud.train(TELL, ResourceConfig={"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 5})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found: dict[str, str] = json.loads(cloud.archive("models/job/output/model.tar.gz")["told.json"])
    return found


@pytest.mark.parametrize(
    ("kind", "devices", "count"),
    [("ml.g5.xlarge", "4", "1"), ("ml.g5.12xlarge", "4,5", "2"), ("ml.m5.large", "", "0")],
)
def test_a_job_is_told_of_its_gpus(
    cloud: Any, monkeypatch: pytest.MonkeyPatch, kind: str, devices: str, count: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5")
    assert told(cloud, kind) == {"CUDA_VISIBLE_DEVICES": devices, "SM_NUM_GPUS": count}


def test_a_job_without_the_gpu_that_its_machine_has_says_so_once(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert told(cloud, "ml.g5.xlarge") == {"CUDA_VISIBLE_DEVICES": "", "SM_NUM_GPUS": "0"}
    assert cloud.log("/aws/sagemaker/TrainingJobs", "job") == [
        "mlops-iac: ml.g5.xlarge has 1 × A10G of 22 GiB; this machine has no GPU: it runs on the CPU."
    ]
