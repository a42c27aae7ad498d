"""The embedded cloud is killed at random moments while everything that it runs is under way.

What a command, or the API of a job, said is done is there afterwards, and nothing is left that runs for ever: each run,
job and container has come to a true end. A failure says its seed; ``MLOPS_IAC_SEED`` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from tests.support import tiny_environment as tiny
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment
from tests.support.tiny_team import SEARCHED

pytestmark = pytest.mark.slow

STACK, REGION = "tiny-dev", "eu-west-1"
KILLS, NIGHTLY_KILLS = 2, 30
OPTIONS = """
batch: {enabled: true}
serving: {flavour: async, instance_count: 1}
triggers:
  hourly: {kind: schedule, when: rate(1 hour)}
"""
ASKED = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  look:
    kind: processing
    script: validate.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
  approve: {kind: approval, after: [look]}
  again:
    kind: processing
    script: validate.py
    after: [approve]
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: again}}
"""
OVER = {"Completed", "Failed", "Stopped", "SUCCEEDED", "FAILED"}


class World:
    """An environment, and all that it was said to have done."""

    def __init__(self, project: TinyEnvironment, chance: random.Random) -> None:
        self.project, self.chance = project, chance
        backend = EmbeddedBackend(project.folder, STACK)
        self.environment = backend.environment()
        self.runs: list[str] = []
        self.approved: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.containers: list[str] = []
        self.requests: list[str] = []
        self.clock = datetime.now(UTC)

    def client(self, service: str) -> Any:
        return self.project.cloud.clients(REGION)(service)

    # What is done ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.runs.append(self.project.run("run", STACK, self.chance.choice(("training", "asked", "searched"))).strip())

    def approve(self) -> None:
        """The first run that asks, if one does by now."""
        for run in self.runs:
            if run in self.approved:
                continue
            found = self.shown(run)
            if any(one["name"] == "approve" and one["status"] == "running" for one in found["steps"]):
                self.project.run("approve", STACK, run, "--reason", run)
                self.approved.append(run)
                return

    def put(self) -> None:
        name, body = f"{len(self.objects)}.csv", self.chance.randbytes(self.chance.choice((10, 100_000)))
        (self.project.folder / name).write_bytes(body)
        self.project.run("data", "put", STACK, name, "raw/random/")
        self.objects[f"raw/random/{name}"] = body

    def submit(self) -> None:
        queue = self.environment.queues["cpu"]
        asked = {"jobQueue": queue.queue, "jobDefinition": queue.job_definition, "arrayProperties": {"size": 3}}
        command = {"command": ["python3", "-c", "import time; time.sleep(1)"]}
        answer = self.client("batch").submit_job(jobName="random", containerOverrides=command, **asked)
        self.containers.append(answer["jobId"])

    def ask(self) -> None:
        bucket, key = self.environment.lake.bucket, "raw/rows.json"
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=b'{"instances": [[7]]}')
        answer = self.client("sagemaker-runtime").invoke_endpoint_async(
            EndpointName="tiny-dev-endpoint", InputLocation=f"s3://{bucket}/{key}", ContentType="application/json"
        )
        self.requests.append(answer["OutputLocation"].partition(bucket + "/")[2])
        self.project.cloud.save()

    def advance(self) -> None:
        told = self.project.cloud.advance(timedelta(minutes=self.chance.choice((10, 90))))
        self.clock = moment(told["now"])

    def kill(self) -> None:
        running = self.project.cloud.find()
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: self.project.cloud.find() is None)
        self.project.cloud.start()

    # What is there afterwards ------------------------------------------------------------------------------------

    def check(self) -> None:
        assert moment(self.project.cloud.status()["clock"]["now"]) >= self.clock, "the clock goes back"
        s3, bucket = self.client("s3"), self.environment.lake.bucket
        for key, body in self.objects.items():
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
        for run in self.runs:
            until(lambda run=run: self.shown(run)["status"] != "running")
            self.check_run(run)
        batch = self.client("batch")
        for job in self.containers:
            until(lambda job=job: batch.describe_jobs(jobs=[job])["jobs"][0]["status"] in OVER)
        for key in self.requests:
            until(lambda key=key: self.is_answered(key))
        assert {status for _, status in self.jobs()} <= OVER

    def check_run(self, run: str) -> None:
        """Its end is a true one: what succeeded has made what it makes, and what a person said is told."""
        found = self.shown(run)
        status = {one["name"]: one["status"] for one in found["steps"]}
        assert set(status.values()) <= {"succeeded", "failed", "stopped", "skipped", "waiting", "refused"}, found
        assert found["status"] != "succeeded" or set(status.values()) == {"succeeded"}, found
        if run in self.approved:
            (step,) = [one for one in found["steps"] if one["name"] == "approve"]
            assert step["status"] == "succeeded", found
            assert step["answer"]["reason"] == run

    def is_answered(self, key: str) -> bool:
        """By an answer, or by what says that there is none."""
        listed = self.client("s3").list_objects_v2(Bucket=self.environment.lake.bucket, Prefix=key.rsplit("/", 1)[0])
        name = key.rsplit("/", 1)[-1].partition(".")[0]
        return any(name in one["Key"] for one in listed.get("Contents", ()))

    def jobs(self) -> Iterator[tuple[str, str]]:
        sagemaker = self.client("sagemaker")
        for word, noun in (("processing", "Processing"), ("training", "Training")):
            for one in getattr(sagemaker, f"list_{word}_jobs")()[f"{noun}JobSummaries"]:
                yield one[f"{noun}JobName"], one[f"{noun}JobStatus"]
        for one in sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]:
            yield one["HyperParameterTuningJobName"], one["HyperParameterTuningJobStatus"]

    def shown(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.project.run("runs", "show", STACK, run, "--json"))
        return found


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)


def until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def goes_on(project: tiny.TinyEnvironment) -> bool:
    return any(run["status"] == "running" for run in json.loads(project.run("runs", STACK, "--json"))["runs"])


def live_and_die(folder: Path, target: str, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    files = {"asked": ASKED, "searched": SEARCHED}
    with tiny.tiny_environment(folder, target, files, options=OPTIONS) as project:
        project.write("search.py", "print('auc is 0.5')")
        project.run("run", STACK, "training")
        until(lambda: not goes_on(project))  # the schedule's own first run may deploy at the same time
        world = World(project, chance)
        deeds = (world.start, world.start, world.put, world.submit, world.ask, world.advance, world.approve)
        for _ in range(kills):
            for deed in chance.choices(deeds, k=chance.randint(3, 6)):
                deed()
            time.sleep(chance.uniform(0, 2))
            world.approve()
            world.kill()
            world.check()


def seed() -> int:
    return int(os.environ.get("MLOPS_IAC_SEED") or random.randrange(10**6))


@pytest.mark.parametrize("target", EACH_TARGET)
def test_what_was_acknowledged_is_there_after_a_kill(target: str, tmp_path: Path) -> None:
    given = int(os.environ.get("MLOPS_IAC_SEED") or 7)
    live_and_die(tmp_path / "project", target, given, KILLS)


@pytest.mark.nightly
@pytest.mark.parametrize("target", EACH_TARGET)
def test_what_was_acknowledged_is_there_after_many_kills(target: str, tmp_path: Path) -> None:
    given = seed()
    print(f"MLOPS_IAC_SEED={given}")
    live_and_die(tmp_path / "project", target, given, NIGHTLY_KILLS)
