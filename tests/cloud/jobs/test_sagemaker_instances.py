"""A training on several instances: processes of their own with folders of their own, which reach each other by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.cloud.jobs.mounts import can_isolate
from tests.cloud.jobs.conftest import Cloud, channel
from tests.cloud.jobs.test_sagemaker_spot import interrupt, wait_for_line

MEET = """
import json, os, pathlib, socket, time
hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
mine = sorted(os.listdir(os.environ["SM_CHANNEL_TRAIN"]))
told = {"host": me, "name": socket.gethostname(), "files": mine,
        "config": json.load(open("/opt/ml/input/config/resourceconfig.json")),
        "master": json.loads(os.environ["SM_TRAINING_ENV"])["is_master"]}
if me == hosts[0]:
    with socket.create_server((me, 7000)) as server:
        others = []
        for _ in hosts[1:]:
            connection, address = server.accept()
            others.append(json.loads(connection.makefile().readline()) | {"address": address[0]})
    pathlib.Path("/opt/ml/model/told.json").write_text(json.dumps([told, *others]))
else:
    for _ in range(200):
        try:
            with socket.create_connection((hosts[0], 7000), source_address=(me, 0)) as out:
                out.sendall((json.dumps(told) + "\\n").encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    pathlib.Path(f"/opt/ml/model/{me}.txt").write_text("mine")
print(f"{me} is done")
"""
ISOLATED = {"EnableNetworkIsolation": True}


def instances(count: int) -> dict[str, Any]:
    return {"ResourceConfig": {"InstanceType": "ml.m7i.large", "InstanceCount": count, "VolumeSizeInGB": 10}}


def shared(name: str, uri: str) -> dict[str, Any]:
    found = channel(name, uri)
    found["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    return found


@pytest.mark.parametrize("network", [ISOLATED, {}], ids=["isolated", "with the machine's network"])
def test_instances_meet_by_name_and_each_has_its_share_of_the_data(cloud: Cloud, network: dict[str, Any]) -> None:
    for number in range(5):
        cloud.put(f"data/train/{number}.csv", str(number))
    job = cloud.train(MEET, **instances(3), InputDataConfig=[shared("train", "s3://lake/data/train/")], **network)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    made = cloud.archive("models/job/output/model.tar.gz")
    assert set(made) == {"told.json", "algo-2.txt", "algo-3.txt"}, "models of all instances are one archive"
    first, *others = json.loads(made["told.json"])
    others.sort(key=lambda one: one["host"])
    every = [first, *others]
    assert [one["host"] for one in every] == ["algo-1", "algo-2", "algo-3"]
    assert [one["name"] for one in every] == ["algo-1", "algo-2", "algo-3"]
    assert [one["files"] for one in every] == [["0.csv", "3.csv"], ["1.csv", "4.csv"], ["2.csv"]]
    assert [one["config"]["current_host"] for one in every] == ["algo-1", "algo-2", "algo-3"]
    assert all(one["config"]["hosts"] == ["algo-1", "algo-2", "algo-3"] for one in every)
    assert [one["master"] for one in every] == [True, False, False]
    assert len({one["address"] for one in others}) == 2, "each has an address of its own"
    streams = cloud.logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="job/")[
        "logStreams"
    ]
    assert sorted(one["logStreamName"].split("/")[1][:6] for one in streams) == ["algo-1", "algo-2", "algo-3"]


def test_a_channel_that_is_not_shared_out_is_whole_on_each(cloud: Cloud) -> None:
    job = cloud.train(MEET, **instances(2), **ISOLATED)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told = json.loads(cloud.archive("models/job/output/model.tar.gz")["told.json"])
    assert [one["files"] for one in told] == [["train.csv"], ["train.csv"]]


def test_one_that_fails_ends_the_job_and_the_reason_names_it(cloud: Cloud) -> None:
    script = """
import os, sys, time
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    sys.exit("no luck here")
time.sleep(60)
"""
    job = cloud.train(script, **instances(2), **ISOLATED)
    assert job["TrainingJobStatus"] == "Failed"
    assert "algo-2: ExecuteUserScriptError" in job["FailureReason"]
    assert "no luck here" in job["FailureReason"]


def test_all_of_them_are_stopped(cloud: Cloud) -> None:
    script = "import os, time; print(os.environ['SM_CURRENT_HOST'], 'waits', flush=True); time.sleep(60)"
    cloud.train(script, wait=False, **instances(2), **ISOLATED)
    wait_for_line(cloud, "algo-1 waits")
    wait_for_line(cloud, "algo-2 waits")
    cloud.sagemaker.stop_training_job(TrainingJobName="job")
    assert cloud.wait_training()["TrainingJobStatus"] == "Stopped"


def test_a_limit_of_time_is_for_all_of_them(cloud: Cloud) -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 2}}
    job = cloud.train("import time; time.sleep(60)", **instances(2), **limit, **ISOLATED)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_an_interruption_takes_all_of_them_and_each_finds_its_own_checkpoint(cloud: Cloud) -> None:
    script = """
import os, pathlib, time
me = os.environ["SM_CURRENT_HOST"]
mine = pathlib.Path(f"/opt/ml/checkpoints/{me}.txt")
if mine.exists():
    pathlib.Path(f"/opt/ml/model/{me}.txt").write_text(mine.read_text())
else:
    mine.write_text(f"left by {me}")
    print(me, "waits", flush=True)
    time.sleep(60)
"""
    cloud.train(
        script,
        wait=False,
        **instances(2),
        **ISOLATED,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
        CheckpointConfig={"S3Uri": "s3://lake/checkpoints/job/"},
    )
    wait_for_line(cloud, "algo-1 waits")
    wait_for_line(cloud, "algo-2 waits")
    assert interrupt(cloud, "job") == {"interrupted": "job"}
    job = cloud.wait_training()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    made = cloud.archive("models/job/output/model.tar.gz")
    assert made == {"algo-1.txt": b"left by algo-1", "algo-2.txt": b"left by algo-2"}


@pytest.mark.skipif(not can_isolate(), reason="this machine allows no network of a job's own")
def test_instances_that_are_kept_from_the_internet_share_a_network_of_their_own(cloud: Cloud) -> None:
    """Two jobs that listen at one port do not meet, and nobody outside reaches them."""
    script = """
import os, socket, time
if os.environ["SM_CURRENT_HOST"] == "algo-1":
    with socket.create_server(("0.0.0.0", 7777)):
        time.sleep(1.5)
"""
    for name in ("one", "two"):
        cloud.train(script, name=name, wait=False, **instances(2), **ISOLATED)
    for name in ("one", "two"):
        job = cloud.wait_training(name)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")


def test_more_instances_than_one_machine_bears_are_refused(cloud: Cloud) -> None:
    job = cloud.train("pass", **instances(17))
    assert job["TrainingJobStatus"] == "Failed"
    assert "at most 16 instances" in job["FailureReason"]
