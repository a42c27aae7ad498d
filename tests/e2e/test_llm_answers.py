"""The answers example as its README and its guide tell it, with real PyTorch: a transformer is trained from nothing,
and then an adapter beside it by two processes, whose machine is taken away once.

PyTorch's environment may be five gigabytes, so this runs at night.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project
from tests.support.leftovers import find_leftovers

pytestmark = pytest.mark.nightly

STACK = "answers-dev"
BUCKET = "acme-models"
ADAPTER = """
    base_model: s3://acme-models/answers/
    tuning: {method: lora, processes: 2}
    hyperparameters: {steps: 60, checkpoint_every: 5}
    keep_champion: false
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    framework_environment(get_framework("pytorch", "2.6.0"))  # minutes; a run would be waited for less long
    folder = make_project(tmp_path_factory.mktemp("answers") / "project")
    shutil.copy(CHECKOUT / "examples/answers/Pulumi.answers-dev.yaml", folder / "stacks")
    subprocess.run([sys.executable, folder / "examples/answers/make_data.py"], check=True)
    made = Project(folder)
    made.run("up", STACK, "--yes")
    made.run("data", "put", STACK, "examples/answers/data", "raw/")
    yield made
    made.run("cloud", "stop")


def follow(project: Project) -> dict[str, Any]:
    """A run to its end, which may take long."""
    process = project.start("run", STACK, "training", "--follow")
    told = process.communicate(timeout=1800)
    assert process.returncode == 0, told
    return last(project)


def last(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.run("runs", STACK, "last", "--json"))
    return found


def test_a_transformer_learns_from_nothing_and_answers(project: Project) -> None:
    run = follow(project)
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    assert run["metrics"]["perplexity"] < 14
    assert run["metrics"]["exact_match"] > 0.6
    log = project.run("logs", STACK, "last", "train")
    assert log.count("ml.g5.xlarge has 1 × A10G of 22 GiB; this machine has no GPU: it runs on the CPU.") == 1
    told = json.loads(project.run("predict", STACK, "--data", "examples/answers/sample.json", "--json"))
    answers = told["predictions"] if "predictions" in told else told["answer"]["predictions"]
    assert answers[1] == "function"
    assert set(answers) <= {"class", "constant", "exception", "function"}


def test_an_adapter_is_learnt_beside_it_by_two_processes_that_are_interrupted(project: Project) -> None:
    adopt(project, last(project)["id"])
    stack = project.folder / "stacks/Pulumi.answers-dev.yaml"
    stack.write_text(stack.read_text().rstrip() + ADAPTER)
    project.run("up", STACK, "--yes")
    process = project.start("run", STACK, "training", "--follow")
    interrupt(project)
    told = process.communicate(timeout=1800)
    assert process.returncode == 0, told
    log = project.run("logs", STACK, "last", "train")
    assert "weights by lora on cpu, 2 process(es)" in log
    assert "train: going on at step " in log
    assert "layers of 21 tensors changed by an adapter of rank 8" in project.run("logs", STACK, "last", "merge")


def test_nothing_is_left_when_it_is_destroyed(project: Project) -> None:
    project.run("preview", STACK, "--expect-no-changes")
    project.run("destroy", STACK, "--yes")
    clients = project.cloud.clients("eu-west-1")
    s3 = clients("s3")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [BUCKET], "another's bucket is not the stack's"
    assert find_leftovers(clients, STACK) == []


def adopt(project: Project, run: str) -> None:
    """Put what the first run made into a bucket that is no environment's: a base model."""
    s3 = project.cloud.clients("eu-west-1")("s3")
    (lake,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "lake" in one["Name"]]
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name in ("config.json", "weights.pt"):
        body = s3.get_object(Bucket=lake, Key=f"models/{run}/merged/{name}")["Body"].read()
        s3.put_object(Bucket=BUCKET, Key=f"answers/{name}", Body=body)


def interrupt(project: Project) -> None:
    """Take the training's machine away when its first checkpoint is written."""
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        done = project.start("logs", STACK, "last", "train")
        told, _ = done.communicate(timeout=60)
        if "train: step 5 loss" in told:
            break
        time.sleep(0.5)
    sagemaker = project.cloud.clients("eu-west-1")("sagemaker")
    (job,) = sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
    project.run("cloud", "interrupt", job["TrainingJobName"])
