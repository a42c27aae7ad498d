"""What the cloud knows of jobs and endpoints outlives its process."""

from __future__ import annotations

import json

import pytest

from mlops_iac.cloud.server import Server

MODEL = "def model_fn(d): return 1\ndef transform_fn(m, body, t, a): return body"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "cloud"


@pytest.fixture
def start(home, installs):
    """Start a cloud on the same folder; each start stops the one before, as a restart does."""
    running = []

    def start_again():
        if running:
            running.pop().stop()
        server = Server(home, installs=installs)
        running.append(server)
        server.start()
        return server

    yield start_again
    for server in running:
        server.reset()
        server.stop()


def test_jobs_and_endpoints_are_there_after_a_restart(start, make_cloud):
    cloud = make_cloud(start())
    assert cloud.train("print('done')", Tags=[{"Key": "k", "Value": "v"}])["TrainingJobStatus"] == "Completed"
    cloud.model(MODEL, name="echo")
    cloud.endpoint_config("config", "echo", serverless=True)
    assert cloud.endpoint()["EndpointStatus"] == "InService"
    cloud.train("import time; time.sleep(60)", name="long", wait=False)

    again = make_cloud(start(), new=False)
    job = again.sagemaker.describe_training_job(TrainingJobName="job")
    assert job["TrainingJobStatus"] == "Completed"
    assert again.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    long = again.sagemaker.describe_training_job(TrainingJobName="long")
    assert long["TrainingJobStatus"] == "Failed"
    assert "embedded cloud was stopped" in long["FailureReason"]
    assert json.load(again.invoke("[7]")["Body"]) == [7]
