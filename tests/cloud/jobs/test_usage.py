"""What a job takes is measured, and published where SageMaker publishes it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs import usage
from mlops_iac.cloud.jobs.process import Process

BUSY = """
import subprocess, sys, time
child = "import time\\nwhile time.process_time() < 0.4: pass"
subprocess.run([sys.executable, "-c", child], check=True)
"""
HUNGRY = """
import time
kept = bytearray(300 * 1024 * 1024)
while time.process_time() < 2: pass
open("/opt/ml/processing/output/result/file", "wb").write(bytes(64 * 1024 * 1024))
"""
linux = pytest.mark.skipif(not usage.can_measure(), reason="only Linux tells it")


@linux
def test_the_time_of_children_that_ended_is_known_when_the_process_has():
    seen: list[usage.Taken | None] = []
    process = Process([sys.executable, "-c", BUSY], {"PATH": os.environ["PATH"]}, print)
    process.before_reaping(lambda: seen.append(usage.taken_by(process.pid)))
    process.start()
    assert process.wait().code == 0
    assert seen[0] is not None
    assert seen[0].cpu_seconds >= 0.4
    assert usage.taken_by(process.pid) is None


@linux
def test_memory_is_what_a_process_holds(tmp_path: Path):
    taken = usage.taken_by(os.getpid())
    assert taken is not None
    assert 10e6 < taken.memory_bytes < 10e9
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    assert usage.size_of_folder(tmp_path) >= 100_000


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("30, 1000, 4000\n80, 3000, 4000\n", usage.GpusTaken(110.0, 100.0)),
        ("[N/A], 1000, 4000\n", None),
        ("", usage.GpusTaken(0.0, 0.0)),
    ],
)
def test_gpus_are_added_up_in_percents(told, found, tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{told}'\n".replace("\n'", "\\n'"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert usage.taken_of_gpus(["0", "1"]) == found
    assert usage.taken_of_gpus([]) is None


def test_without_the_drivers_program_nothing_is_said_of_gpus(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert usage.taken_of_gpus(["0"]) is None


@linux
def test_a_jobs_instance_is_published_as_sagemaker_does(cloud):
    begun = datetime.now(UTC) - timedelta(minutes=1)
    job = cloud.process(HUNGRY)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    shares = {name: cloud_statistics(cloud, name, begun) for name in ("CPU", "Memory", "Disk")}
    assert shares["CPU"] > 1
    assert shares["Memory"] >= 100 * 300 / (8 * 1024)  # of the 8 GiB of ml.m5.large
    assert shares["Disk"] >= 100 * 64 / (10 * 1024)
    assert cloud_statistics(cloud, "GPU", begun) == 0


def cloud_statistics(cloud, name: str, begun: datetime) -> float:
    found = cloud.clients("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/ProcessingJobs",
        MetricName=f"{name}Utilization",
        Dimensions=[{"Name": "Host", "Value": "job/algo-1"}],
        StartTime=begun,
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
        Unit="Percent",
    )
    return max((point["Maximum"] for point in found["Datapoints"]), default=0)
