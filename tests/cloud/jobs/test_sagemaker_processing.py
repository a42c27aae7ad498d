"""Processing jobs run commands over inputs and outputs at the paths that AWS's examples hard-code."""

from __future__ import annotations

import importlib.util
import io
import json
import tarfile
import time

import pytest
from botocore.exceptions import ClientError

COPY = """
import pathlib
for file in sorted(pathlib.Path("/opt/ml/processing/input/data").iterdir()):
    print("read", file.name)
    pathlib.Path("/opt/ml/processing/output/result", file.name).write_text(file.read_text().upper())
"""
RUN_SH = """#!/bin/bash
set -e
cd "$(dirname "$0")"
tar xzf sourcedir.tar.gz
if [ "$MLOPS_IAC_REQUIREMENTS_INSTALLED" != 1 ]; then python3 -m pip install -r requirements.txt; fi
exec python3 "$@"
"""


def test_a_script_finds_its_inputs_and_outputs_under_opt_ml(cloud):
    cloud.put("data/raw/a.csv", "a,b\n")
    job = cloud.process(COPY)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("result/a.csv") == b"A,B\n"
    assert cloud.log("/aws/sagemaker/ProcessingJobs", "job") == ["read a.csv"]
    assert job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert job["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.large"


def test_packed_code_runs_with_its_requirements_from_its_own_wheels(cloud, make_wheel, tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path))
    files = {
        "requirements.txt": "--no-index\n--find-links wheels\ntinywheel==1.0\n",
        "wheels/tinywheel-1.0-py3-none-any.whl": make_wheel("tinywheel", "1.0", "ANSWER = 42\n"),
        "evaluate.py": "import sys, tinywheel; print(tinywheel.ANSWER, sys.argv[1:])",
    }
    cloud.put_code(files, key="code/abc/sourcedir.tar.gz")
    cloud.put("code/abc/run.sh", RUN_SH)
    source = {"S3Uri": "s3://lake/code/abc/", "LocalPath": "/opt/ml/processing/input/code"}
    job = cloud.process(
        "",
        AppSpecification={
            "ImageUri": cloud.image,
            "ContainerEntrypoint": ["/bin/bash", "/opt/ml/processing/input/code/run.sh", "evaluate.py"],
            "ContainerArguments": ["--gate", "0.9"],
        },
        ProcessingInputs=[
            {"InputName": "code", "S3Input": {**source, "S3DataType": "S3Prefix", "S3InputMode": "File"}},
        ],
        NetworkConfig={"EnableNetworkIsolation": True},
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.log("/aws/sagemaker/ProcessingJobs", "job") == ["42 ['--gate', '0.9']"]
    assert importlib.util.find_spec("tinywheel") is None


def test_a_failure_shows_the_exception_the_exit_code_and_the_message_left_behind(cloud):
    script = "open('/opt/ml/output/message', 'w').write('3 rows are bad'); raise KeyError('target')"
    job = cloud.process(script)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "KeyError: 'target'" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 1")
    assert job["ExitMessage"] == "3 rows are bad"
    assert not cloud.keys("result/")


def test_what_is_stored_while_it_runs_is_there_when_it_fails(cloud):
    script = (
        "import pathlib\nfor n in 'ab': pathlib.Path('/opt/ml/processing/output', n, 'x').write_text(n)\nraise KeyError"
    )
    outputs = [cloud.processing_output(name, f"s3://lake/result/{name}/") for name in "ab"]
    outputs[1]["S3Output"]["S3UploadMode"] = "Continuous"
    job = cloud.process(script, ProcessingOutputConfig={"Outputs": outputs})
    assert job["ProcessingJobStatus"] == "Failed"
    assert cloud.keys("result/") == ["result/b/x"]


def test_each_instance_gets_its_share_of_a_sharded_input(cloud):
    for name in ("a", "b", "c"):
        cloud.put(f"data/raw/{name}.csv", name)
    sharded = cloud.processing_input("data", "s3://lake/data/raw/", S3DataDistributionType="ShardedByS3Key")
    job = cloud.process(
        COPY,
        ProcessingInputs=[cloud.processing_input("code", "s3://lake/code/script.py"), sharded],
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}},
    )
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.keys("result/") == ["result/a.csv", "result/b.csv", "result/c.csv"]
    streams = cloud.logs.describe_log_streams(logGroupName="/aws/sagemaker/ProcessingJobs")["logStreams"]
    assert sorted(stream["logStreamName"].split("/")[1][:6] for stream in streams) == ["algo-1", "algo-2"]


def test_a_manifest_names_the_objects(cloud):
    cloud.put("data/raw/a.csv", "a")
    cloud.put("data/raw/b.csv", "b")
    cloud.put("manifest.json", json.dumps([{"prefix": "s3://lake/data/"}, "raw/b.csv"]))
    script = "import os; print(sorted(os.listdir('/opt/ml/processing/input/data/raw')))"
    manifest = cloud.processing_input("data", "s3://lake/manifest.json", S3DataType="ManifestFile")
    job = cloud.process(script, ProcessingInputs=[cloud.processing_input("code", "s3://lake/code/script.py"), manifest])
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.log("/aws/sagemaker/ProcessingJobs", "job") == ["['b.csv']"]


def test_outputs_are_encrypted_with_the_key_that_the_job_names(cloud):
    key = cloud.clients("kms").create_key()["KeyMetadata"]["Arn"]
    outputs = [cloud.processing_output("result", "s3://lake/result/")]
    cloud.process(COPY, ProcessingOutputConfig={"Outputs": outputs, "KmsKeyId": key})
    stored = cloud.s3.head_object(Bucket="lake", Key="result/a.csv")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_stopped_job_is_stopped(cloud):
    cloud.process("import time; time.sleep(60)", wait=False)
    while not list((cloud.server.home.path / "jobs" / "work").glob("*/ml/processing")):
        time.sleep(0.02)
    time.sleep(0.3)
    cloud.sagemaker.stop_processing_job(ProcessingJobName="job")
    assert cloud.wait_processing()["ProcessingJobStatus"] == "Stopped"


def test_jobs_wait_when_all_cores_are_busy(cloud):
    names = [f"job-{number}" for number in range(5)]
    for name in names:
        cloud.process("import time; time.sleep(0.2)", name=name, wait=False)
    assert all(cloud.wait_processing(name)["ProcessingJobStatus"] == "Completed" for name in names)


def test_an_input_that_is_not_there_fails_the_job(cloud):
    missing = cloud.processing_input("data", "s3://lake/nothing/")
    job = cloud.process("pass", ProcessingInputs=[missing])
    assert job["ProcessingJobStatus"] == "Failed"
    assert "s3://lake/nothing/" in job["FailureReason"]


def test_a_job_that_does_not_exist_is_not_found(cloud):
    with pytest.raises(ClientError, match="Requested resource not found"):
        cloud.sagemaker.describe_processing_job(ProcessingJobName="ghost")


def test_an_archive_that_would_write_elsewhere_fails_the_job(cloud):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../escape"), io.BytesIO())
    cloud.put("code/abc/sourcedir.tar.gz", buffer.getvalue())
    job = cloud.process("pass", ProcessingInputs=[cloud.processing_input("code", "s3://lake/code/abc/")])
    assert job["ProcessingJobStatus"] == "Failed"
    assert "cannot be unpacked" in job["FailureReason"]
