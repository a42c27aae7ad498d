"""EMR Serverless on an embedded cloud, with a Spark that only runs the script: what is around Spark is tested with it,
and Spark itself in `test_real_spark.py`."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud import spark
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.spark import spark_process
from mlops_iac.core.java import Java

BUCKET = "lake-0123456"
ENDED = ("SUCCESS", "FAILED", "CANCELLED")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "emr-serverless.amazonaws.com"}}
    ],
}
SUBMIT = """#!/bin/sh
echo "submitted: $*" >&2
while [ "${1%.py}" = "$1" ]; do shift; done
exec PYTHON "$@"
"""


@pytest.fixture(scope="module")
def installs():
    return (spark.install,)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory):
    """In the place of Spark: this interpreter, and a `spark-submit` that runs the script."""
    folder = tmp_path_factory.mktemp("spark")
    program = folder / "lib" / "python3" / "site-packages" / "pyspark" / "bin" / "spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text(SUBMIT.replace("PYTHON", sys.executable))
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        home = PythonEnvironment(Path(sys.prefix), folder)
        patch.setattr(spark_process, "spark_environment", lambda version: home)
        patch.setattr(spark_process, "spark_home", lambda environment: program.parents[1])
        patch.setattr(spark_process, "lack", lambda: "")
        patch.setattr(spark_process, "find_java", lambda: Java(Path("/usr"), 17))
        yield


class Lake:
    """An account with a bucket, a role that reads raw/ and writes curated/, and an application."""

    def __init__(self, clients: Callable[[str], Any]) -> None:
        self.s3, self.emr, self.logs, iam = (clients(one) for one in ("s3", "emr-serverless", "logs", "iam"))
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        lake = f"arn:aws:s3:::{BUCKET}"
        write = ["s3:PutObject", "s3:DeleteObject", "s3:GetObject"]
        log = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"]
        allowed = [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"{lake}/raw/*", f"{lake}/code/*"]},
            {"Effect": "Allow", "Action": write, "Resource": f"{lake}/curated/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": lake},
            {"Effect": "Allow", "Action": log, "Resource": "*"},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        self.role = iam.create_role(RoleName="spark", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="spark", PolicyName="lake", PolicyDocument=document)
        made = self.emr.create_application(name="screening", type="SPARK", releaseLabel="emr-7.11.0")
        self.application = made["applicationId"]

    def put(self, key: str, body: str | bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def archive(self, key: str, files: dict[str, str]) -> str:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        return self.put(key, packed.getvalue())

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
        return [one["Key"] for one in listed]

    def read(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())

    def start(self, script: str, *arguments: str, parameters: str = "", **more: Any) -> str:
        entry = self.put("code/script.py", script)
        driver = {"entryPoint": entry, "entryPointArguments": list(arguments)}
        if parameters:
            driver["sparkSubmitParameters"] = parameters
        started = self.emr.start_job_run(
            **{
                "applicationId": self.application,
                "executionRoleArn": self.role,
                "jobDriver": {"sparkSubmit": driver},
                **more,
            }
        )
        return str(started["jobRunId"])

    def job(self, id: str) -> dict[str, Any]:
        return dict(self.emr.get_job_run(applicationId=self.application, jobRunId=id)["jobRun"])

    def wait(self, id: str, *states: str) -> dict[str, Any]:
        deadline = time.monotonic() + 900
        while (found := self.job(id))["state"] not in (states or ENDED):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found

    def run(self, script: str, *arguments: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.start(script, *arguments, **more))

    def log(self, id: str, name: str) -> str:
        stream = f"/applications/{self.application}/jobs/{id}/SPARK_DRIVER/{name}"
        found = self.logs.get_log_events(logGroupName="/aws/emr-serverless", logStreamName=stream)["events"]
        return "\n".join(one["message"] for one in found)


@pytest.fixture(scope="module")
def lake(cloud) -> Lake:
    return Lake(cloud.clients())
