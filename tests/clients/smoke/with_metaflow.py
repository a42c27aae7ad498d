"""Metaflow: a flow whose artefacts lie in the lake, with a foreach and a step on Batch; its S3 client, many at once."""

import os
import subprocess
import sys
from pathlib import Path

import boto3

BUCKET, STACK = os.environ["MLOPS_IAC_BUCKET"], os.environ["MLOPS_IAC_STACK"]
HOME = f"s3://{BUCKET}/curated/clients/metaflow"  # a zone that the jobs of the environment's queues may write
JOB_ROLE = boto3.client("iam").get_role(RoleName=f"{STACK}-batch-job-role")["Role"]["Arn"]
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"  # AWS's, of this region
FLOW = """
import os
from metaflow import FlowSpec, Parameter, batch, environment, step

class SmokeFlow(FlowSpec):
    most = Parameter("most", type=int, default=3)

    @step
    def start(self):
        self.numbers = list(range(self.most))
        self.big = b"x" * (20 << 20)
        self.next(self.square, foreach="numbers")

    @step
    def square(self):
        self.squared = self.input ** 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(each.squared for each in inputs)
        self.merge_artifacts(inputs, include=["big"])
        self.next(self.far)

    @environment(vars={"METAFLOW_SKIP_INSTALL_DEPENDENCIES": "1"})  # the image has them, and no way to PyPI
    @batch(cpu=1, memory=1000)
    @step
    def far(self):
        self.job = os.environ["AWS_BATCH_JOB_ID"]
        self.total *= 3
        self.next(self.end)

    @step
    def end(self):
        print("the total is", self.total)

if __name__ == "__main__":
    SmokeFlow()
"""

os.environ.update(
    {
        "METAFLOW_DEFAULT_DATASTORE": "s3",
        "METAFLOW_DATASTORE_SYSROOT_S3": HOME,
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_S3_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "METAFLOW_BATCH_JOB_QUEUE": f"{STACK}-batch-cpu-queue",
        "METAFLOW_BATCH_CONTAINER_IMAGE": IMAGE,
        "METAFLOW_ECS_S3_ACCESS_IAM_ROLE": JOB_ROLE,
        "USERNAME": "smoke",
    }
)
Path("flow.py").write_text(FLOW)
done = subprocess.run(
    [sys.executable, "flow.py", "run", "--most", "4", "--run-id-file", "run"],
    capture_output=True,
    text=True,
    check=False,
)
assert done.returncode == 0, done.stdout + done.stderr
assert "the total is 42" in done.stdout, done.stdout

from metaflow import S3, Flow, namespace  # noqa: E402 - it reads its settings when it is imported

namespace(None)
run = Flow("SmokeFlow")[Path("run").read_text().strip()]
assert run.successful
assert run.data.total == 42
(job,) = boto3.client("batch").describe_jobs(jobs=[run.data.job])["jobs"]
assert job["status"] == "SUCCEEDED", job
assert run["start"].task.data.big == b"x" * (20 << 20)
assert sorted(task.data.squared for task in run["square"]) == [0, 1, 4, 9]
assert "the total is 42" in run["end"].task.stdout

with S3(s3root=f"{HOME}/many") as lake:
    put = lake.put_many((f"object {number}", f"content {number}") for number in range(50))
    assert len(put) == 50
    got = lake.get_many([key for key, _ in put])
    assert {each.key: each.text for each in got} == {f"object {n}": f"content {n}" for n in range(50)}
    assert len(lake.list_recursive()) == 50
    assert lake.info("object 7").size == len("content 7")
    assert not lake.get("no such object", return_missing=True).exists
