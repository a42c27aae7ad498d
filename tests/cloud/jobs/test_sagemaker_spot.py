"""Checkpoints go both ways, and a spot job whose machine is taken away goes on from them."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.jobs.process import wait_until
from tests.cloud.jobs.conftest import Cloud, interrupt

CHECKPOINTS = {"S3Uri": "s3://lake/checkpoints/job/"}
SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
    "CheckpointConfig": CHECKPOINTS,
}
COUNTS = """
import os, pathlib, sys, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/epoch.txt")
first = int(checkpoint.read_text()) + 1 if checkpoint.exists() else 0
print(f"starts at epoch {first}", flush=True)
for epoch in range(first, first + 2):
    aside = checkpoint.with_name(".aside")
    aside.write_text(str(epoch))
    aside.replace(checkpoint)
    print(f"epoch {epoch}", flush=True)
if first == 0:
    time.sleep(60)
pathlib.Path(os.environ["SM_MODEL_DIR"], "epoch.txt").write_text(checkpoint.read_text())
"""


def wait_for_line(cloud: Cloud, text: str) -> None:
    def there() -> bool:
        try:
            return any(text in line for line in cloud.log("/aws/sagemaker/TrainingJobs", "job"))
        except ClientError:  # there is no log yet
            return False

    assert wait_until(there, timeout=60)


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(cloud):
    cloud.train(COUNTS, wait=False, **SPOT)
    wait_for_line(cloud, "epoch 1")
    assert interrupt(cloud, "job") == {"interrupted": "job"}
    job = cloud.wait_training()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = cloud.log("/aws/sagemaker/TrainingJobs", "job")
    assert [line for line in lines if line.startswith("starts")] == ["starts at epoch 0", "starts at epoch 2"]
    assert cloud.archive("models/job/output/model.tar.gz")["epoch.txt"] == b"3"
    assert cloud.get("checkpoints/job/epoch.txt") == b"3"
    statuses = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert statuses == [
        "Starting", "Downloading", "Training", "Interrupted",
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip


def test_checkpoints_arrive_while_the_job_runs(cloud):
    cloud.train(COUNTS, wait=False, CheckpointConfig=CHECKPOINTS)
    assert wait_until(lambda: cloud.keys("checkpoints/job/") == ["checkpoints/job/epoch.txt"], timeout=60)
    assert cloud.get("checkpoints/job/epoch.txt") == b"1"
    cloud.sagemaker.stop_training_job(TrainingJobName="job")
    assert cloud.wait_training()["TrainingJobStatus"] == "Stopped"


def test_a_checkpoint_that_was_cut_fails_the_job_in_the_scripts_words(cloud):
    cloud.put("checkpoints/job/epoch.txt", "")
    job = cloud.train(COUNTS, CheckpointConfig=CHECKPOINTS)
    assert job["TrainingJobStatus"] == "Failed"
    assert "invalid literal for int()" in job["FailureReason"]


def test_a_file_that_is_being_written_when_the_machine_goes_is_cut_for_the_next_attempt(cloud):
    """As on AWS: what lies in the folder at the end is sent as it is. A script that renames never sees a cut one."""
    script = """
import os, pathlib, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/epoch.bin")
if checkpoint.exists():
    pathlib.Path(os.environ["SM_MODEL_DIR"], "seen").write_text(str(checkpoint.stat().st_size))
else:
    file = open(checkpoint, "wb")
    file.write(b"x" * 600)
    file.flush()
    print("half of it", flush=True)
    time.sleep(60)
    file.write(b"x" * 400)
"""
    cloud.train(script, wait=False, **SPOT)
    wait_for_line(cloud, "half of it")
    assert interrupt(cloud, "job") == {"interrupted": "job"}
    job = cloud.wait_training()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.archive("models/job/output/model.tar.gz") == {"seen": b"600"}


def test_only_spot_jobs_that_train_can_be_interrupted(cloud):
    assert "no training job of this name runs" in interrupt(cloud, "other")["refused"]
    cloud.train(COUNTS, wait=False, CheckpointConfig=CHECKPOINTS)
    wait_for_line(cloud, "epoch 1")
    assert "does not train on spot capacity" in interrupt(cloud, "job")["refused"]
    cloud.sagemaker.stop_training_job(TrainingJobName="job")
    cloud.wait_training()


def test_a_job_that_waits_longer_than_it_may_is_stopped(cloud):
    limits = {"MaxRuntimeInSeconds": 3, "MaxWaitTimeInSeconds": 3}
    job = cloud.train("import time; time.sleep(60)", **{**SPOT, "StoppingCondition": limits})
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] in ("MaxRuntimeExceeded", "MaxWaitTimeExceeded")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds is required"),
        ({"StoppingCondition": SPOT["StoppingCondition"]}, "for managed spot training only"),
        ({**SPOT, "StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8}}, "greater than or"),
        ({"CheckpointConfig": {**CHECKPOINTS, "LocalPath": "/etc"}}, "must lie in /opt/ml"),
    ],
)
def test_limits_that_do_not_fit_are_refused(cloud, changes, said):
    with pytest.raises(ClientError, match=re.escape(said)):
        cloud.train("pass", **changes)
