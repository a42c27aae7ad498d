"""The step launcher in a container: SageMaker's folders and variables, what is uploaded, how a failure is told."""

from __future__ import annotations

import io
import json
import tarfile
from importlib.resources import files
from typing import Any

import pytest

from mlops_iac.pipelines.compile.jobs import LAUNCHED
from tests.cloud.jobs.test_batch import Batch
from tests.support.roles import make_mighty_role

LAUNCHER = files("mlops_iac.runs.launcher")
OURS = {
    "mlops_iac_nodes.py": LAUNCHER.joinpath("mlops_iac_nodes.py").read_bytes(),
    "mlops_iac_run.py": LAUNCHER.joinpath("mlops_iac_run.py").read_bytes(),
    "mlops_iac_step.py": LAUNCHER.joinpath("mlops_iac_step.py").read_bytes(),
    "mlops_iac_script_mode.py": files("mlops_iac.core").joinpath("script_mode.py").read_bytes(),
    "inference.py": b"",
}
CODE = {"name": "code", "path": "/opt/ml/processing/input/code", "uri": "s3://lake/code/1/"}


class Steps(Batch):
    """Scripts, run by the launcher on a queue."""

    def __init__(self, cloud: Any) -> None:
        super().__init__(cloud)
        make_mighty_role(cloud.clients, "container", "ecs-tasks")
        role = f"arn:aws:iam::{cloud.role.split(':')[4]}:role/container"
        properties = {"image": cloud.image, "command": ["true"], "vcpus": 1, "memory": 128, "jobRoleArn": role}
        self.client.register_job_definition(jobDefinitionName="step", type="container", containerProperties=properties)

    def run(self, order: dict[str, Any], **scripts: str) -> dict[str, Any]:
        """The job, ended; ``log`` is what it wrote."""
        code: dict[str, str | bytes] = {**OURS, **{f"{name}.py": text for name, text in scripts.items()}}
        self.cloud.put_code(code, "code/1/sourcedir.tar.gz")
        self.cloud.put("code/1/run.sh", LAUNCHER.joinpath("run.sh").read_bytes())
        told = {"MLOPS_IAC_CODE": CODE["uri"], "MLOPS_IAC_STEP": json.dumps({"job": "j", **order})}
        environment = [{"name": name, "value": value} for name, value in told.items()]
        id = self.submit(jobDefinition="step", containerOverrides={"command": LAUNCHED, "environment": environment})
        job: dict[str, Any] = self.wait(id)
        return {**job, "log": self.log(job)}


@pytest.fixture
def steps(cloud: Any) -> Steps:
    return Steps(cloud)


def processing(script: str = "prepare.py", *arguments: str) -> dict[str, Any]:
    folders = "/opt/ml/processing"
    return {
        "kind": "processing",
        "script": script,
        "arguments": [*arguments],
        "inputs": [CODE, {"name": "data", "path": f"{folders}/input/data", "uri": "s3://lake/raw/"}],
        "outputs": [{"name": "out", "path": f"{folders}/output/out", "uri": "s3://lake/curated/r/"}],
    }


def test_a_processing_script_finds_its_data_and_its_output_is_uploaded(steps: Steps) -> None:
    steps.cloud.put("raw/deep/rows.csv", "1\n2\n")
    script = """
import os, pathlib, sys
rows = pathlib.Path("/opt/ml/processing/input/data/deep/rows.csv").read_text()
pathlib.Path("/opt/ml/processing/output/out/sum.txt").write_text(str(sum(map(int, rows.split()))))
print(sys.argv[1:], os.environ["PROCESSING_JOB_NAME"], pathlib.Path("/opt/ml/config/resourceconfig.json").exists())
"""
    job = steps.run(processing("prepare.py", "--limit", "a b $(c)"), prepare=script)
    assert job["status"] == "SUCCEEDED", job["log"]
    assert job["log"] == ["['--limit', 'a b $(c)'] j True"]
    assert steps.cloud.get("curated/r/sum.txt") == b"3"


def test_a_training_script_gets_script_mode_and_leaves_its_model_with_its_serving_code(steps: Steps) -> None:
    steps.cloud.put("features/train.csv", "1")
    script = """
import json, os, pathlib, sys
print(json.dumps([sys.argv[1:], json.loads(os.environ["SM_HPS"]), os.listdir(os.environ["SM_CHANNEL_TRAIN"])]))
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text("{}")
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "curve.txt").write_text("down")
"""
    order = {
        "kind": "training",
        "hyperparameters": {"C": "2.0", "mlops_iac_script": "train.py", "sagemaker_program": "mlops_iac_run.py"},
        "inputs": [
            {"name": "train", "path": "/opt/ml/input/data/train", "uri": "s3://lake/features/"},
            {**CODE, "path": "/opt/ml/input/data/code"},
        ],
        "model": "s3://lake/models/r/j/output/model.tar.gz",
    }
    job = steps.run(order, train=script)
    assert job["status"] == "SUCCEEDED", job["log"]
    assert json.loads(job["log"][0]) == [["-C", "2.0"], {"C": 2.0}, ["train.csv"]]
    with tarfile.open(fileobj=io.BytesIO(steps.cloud.get("models/r/j/output/model.tar.gz"))) as archive:
        names = archive.getnames()
    assert {"model.json", "code/train.py"} <= {*names}
    assert not any("mlops_iac_step" in name for name in names)
    assert steps.cloud.keys("models/r/j/output/output.tar.gz")


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        ("raise ValueError('3 rows are empty')", 1, "ValueError: 3 rows are empty, exit code: 1"),
        ("import sys; sys.exit(7)", 7, "it said nothing, exit code: 7"),
        ("import os; os.kill(os.getpid(), 9)", 137, "it said nothing, exit code: 137"),
        (
            "import pathlib, sys; pathlib.Path('/opt/ml/output/failure').write_text('too few rows'); sys.exit(2)",
            2,
            "too few rows, exit code: 2",
        ),
    ],
)
def test_a_script_that_fails_ends_the_job_with_its_code_and_its_reason_last(
    steps: Steps, script: str, code: int, reason: str
) -> None:
    steps.cloud.put("raw/rows.csv", "1")
    job = steps.run(processing(), prepare=script)
    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", code)
    assert job["log"][-1] == f"mlops-iac: {reason}"
    assert not steps.cloud.keys("curated/")


def test_an_input_that_is_not_there_is_named(steps: Steps) -> None:
    job = steps.run(processing(), prepare="")
    assert job["container"]["exitCode"] == 1
    assert job["log"][-1].startswith('mlops-iac: No S3 objects found under S3 URL "s3://lake/raw/"')


def test_a_key_that_leaves_its_folder_is_refused(steps: Steps) -> None:
    steps.cloud.put("raw/../evil.csv", "1")
    job = steps.run(processing(), prepare="")
    assert "`raw/../evil.csv` cannot be a file" in job["log"][-1]


def test_what_the_role_may_not_read_is_told_in_one_line(steps: Steps) -> None:
    order = processing()
    order["inputs"][1]["uri"] = "s3://no-such-bucket/raw/"
    job = steps.run(order, prepare="")
    assert "NoSuchBucket" in job["log"][-1]
