"""A scaled endpoint as a team uses it: load, silence, the next model, other settings, sleep, and the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_deployments import QUICK, answers, deliver, endpoint
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

REQUESTS = """
serving: {flavour: realtime, scaling: {at_least: 1, at_most: 3, requests_per_minute: 10}}
"""
BACKLOG = """
serving: {flavour: async, scaling: {at_most: 2}}
"""
SAGEMAKER = {"ServiceNamespace": "sagemaker"}


def instances(project: TinyEnvironment) -> int:
    found = endpoint(project)
    count: int = (
        found["ProductionVariants"][0]["CurrentInstanceCount"] if found["EndpointStatus"] == "InService" else -1
    )
    return count


def until(found: Callable[[], Any]) -> Any:
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        if what := found():
            return what
        time.sleep(0.1)
    raise AssertionError("it did not become true")


def change(project: TinyEnvironment, old: str, new: str) -> None:
    stack = project.folder / "stacks/Pulumi.tiny-dev.yaml"
    text = stack.read_text()
    assert old in text
    stack.write_text(text.replace(old, new))


def clients(project: TinyEnvironment) -> Any:
    return project.cloud.clients("eu-west-1")


def targets(project: TinyEnvironment) -> list[tuple[int, int]]:
    found = clients(project)("application-autoscaling").describe_scalable_targets(**SAGEMAKER)["ScalableTargets"]
    return [(each["MinCapacity"], each["MaxCapacity"]) for each in found]


def alarms(project: TinyEnvironment) -> list[str]:
    found = clients(project)("cloudwatch").describe_alarms()["MetricAlarms"]
    return [each["AlarmName"] for each in found if "TargetTracking" in each["AlarmName"] or "wake" in each["AlarmName"]]


def load(project: TinyEnvironment) -> None:
    """Three minutes of the cloud's clock in which each instance is asked more than it should be."""
    for _ in range(12):
        answers(project, 40)
        if instances(project) == 3:
            return
        project.run("cloud", "advance", "20s")
    until(lambda: instances(project) == 3)


@pytest.mark.parametrize("target", EACH_TARGET)
def test_an_endpoint_grows_with_its_requests(target: str, tmp_path: Path) -> None:
    with tiny_environment(
        tmp_path / "project", target, {"training": QUICK}, blueprint="realtime-inference", options=REQUESTS
    ) as made:
        assert targets(made) == []
        deliver(made, "first")
        made.run("run", "tiny-dev", "training", "--follow")
        assert targets(made) == [(1, 3)]
        load(made)
        assert "3 instances" in made.run("status", "tiny-dev")

        deliver(made, "second")
        made.run("run", "tiny-dev", "training", "--follow")
        assert answers(made, 3) == {"second": 3}
        assert instances(made) == 3, "a new model does not take instances away"
        made.run("preview", "tiny-dev", "--expect-no-changes")
        made.run("cloud", "advance", "30m")
        until(lambda: instances(made) == 1)

        change(made, "at_least: 1", "at_least: 2")
        made.run("up", "tiny-dev", "--yes")
        until(lambda: instances(made) == 2)

        change(made, "flavour: realtime,", "flavour: realtime, instance_type: ml.m5.xlarge,")
        made.run("up", "tiny-dev", "--yes")
        deliver(made, "third")
        made.run("run", "tiny-dev", "training", "--follow")
        assert answers(made, 3) == {"third": 3}
        assert targets(made) == [(2, 3)]

        change(made, ", scaling: {at_least: 2, at_most: 3, requests_per_minute: 10}", "")
        made.run("up", "tiny-dev", "--yes")
        assert (targets(made), alarms(made)) == ([], [])
        made.run("destroy", "tiny-dev", "--yes")


def test_an_asynchronous_endpoint_sleeps_and_what_waits_outlives_the_cloud(tmp_path: Path) -> None:
    with tiny_environment(
        tmp_path / "project", "step-functions", {"training": QUICK}, blueprint="realtime-inference", options=BACKLOG
    ) as made:
        deliver(made, "woken")
        made.run("run", "tiny-dev", "training", "--follow")
        made.run("cloud", "advance", "20m")
        until(lambda: instances(made) == 0)
        assert "0 of at most 2 instances" in made.run("status", "tiny-dev")

        runtime = clients(made)("sagemaker-runtime")
        bucket, key = runtime.invoke_endpoint_async(
            EndpointName="tiny-dev-endpoint", Body=b"[1]", ContentType="application/json"
        )["OutputLocation"].removeprefix("s3://").split("/", 1)  # fmt: skip
        made.run("cloud", "stop")
        made.run("cloud", "start")
        assert instances(made) == 0
        made.run("cloud", "advance", "3m")
        until(lambda: instances(made) == 1)
        s3 = clients(made)("s3")
        until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"))
        assert json.load(s3.get_object(Bucket=bucket, Key=key)["Body"]) == "woken"
        assert len(alarms(made)) == 3
        made.run("destroy", "tiny-dev", "--yes")
        assert alarms(made) == []
