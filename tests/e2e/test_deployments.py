"""Deployment strategies as a team uses them, on each orchestrator: a canary that goes through, and one that an alarm
takes back."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("deploy", on=TARGETS)]

CANARY = """
serving:
  flavour: realtime
  strategy: {kind: canary, percent: 20, bake_minutes: 30}
"""
QUICK = """
extends: training
steps:
  deploy: {poll_seconds: 1}
"""
INFERENCE = """
    import json, pathlib
    def model_fn(folder):
        return ANSWER
    def input_fn(body, kind):
        return json.loads(body)
    def predict_fn(rows, model):
        if model == "broken":
            raise ValueError("this model is broken")
        return model
    def output_fn(answer, accept):
        return json.dumps(answer)
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("canary") / "project"
    files = {"training": QUICK}
    with tiny_environment(folder, request.param, files, blueprint="realtime-inference", options=CANARY) as made:
        deliver(made, "first")
        made.run("run", "tiny-dev", "training", "--follow")
        yield made


def deliver(project: TinyEnvironment, answer: str) -> None:
    """The team's next model."""
    project.write("inference.py", INFERENCE.replace("ANSWER", repr(answer)))


def endpoint(project: TinyEnvironment) -> dict[str, Any]:
    sagemaker = project.cloud.clients("eu-west-1")("sagemaker")
    found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName="tiny-dev-endpoint")
    return found


def answers(project: TinyEnvironment, count: int) -> Counter[str]:
    runtime = project.cloud.clients("eu-west-1")("sagemaker-runtime")
    found: Counter[str] = Counter()
    for _ in range(count):
        try:
            body = runtime.invoke_endpoint(EndpointName="tiny-dev-endpoint", Body=b"[1]")["Body"]
            found[json.load(body)] += 1
        except runtime.exceptions.ModelError:
            found["failed"] += 1
    return found


def wait_baking(project: TinyEnvironment) -> dict[str, Any]:
    for _ in range(1200):
        found = endpoint(project)
        variants = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
        if variants and variants[0]["VariantStatus"][0]["Status"] == "Baking":
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def test_a_canary_bakes_and_then_serves_all(project: TinyEnvironment) -> None:
    deliver(project, "second")
    project.run("run", "tiny-dev", "training")
    found = wait_baking(project)
    alarms = found["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert [alarm["AlarmName"] for alarm in alarms] == [
        "tiny-dev-endpoint-errors-alarm",
        "tiny-dev-endpoint-latency-alarm",
    ]
    assert answers(project, 20) == {"first": 16, "second": 4}
    project.run("cloud", "advance", "31m")
    project.run("runs", "watch", "tiny-dev", "last")
    assert answers(project, 5) == {"second": 5}


def test_an_alarm_takes_a_canary_back_and_the_run_says_which(project: TinyEnvironment) -> None:
    serving = endpoint(project)["EndpointConfigName"]
    before = answers(project, 1)
    deliver(project, "broken")
    project.run("run", "tiny-dev", "training")
    wait_baking(project)
    assert answers(project, 10)["failed"] > 0
    told = project.run("runs", "watch", "tiny-dev", "last", code=exit_codes.ERROR)
    said = " ".join((told + project.run("runs", "show", "tiny-dev", "last")).split())
    assert "Alarm tiny-dev-endpoint-errors-alarm is in ALARM" in said
    assert f"is in service with {serving}" in said
    assert endpoint(project)["EndpointConfigName"] == serving
    assert answers(project, 5) == {next(iter(before)): 5}


def test_a_strategy_that_the_flavour_cannot_do_is_refused_at_its_line(project: TinyEnvironment) -> None:
    stack = project.folder / "stacks/Pulumi.tiny-dev.yaml"
    good = stack.read_text()
    stack.write_text(good.replace("flavour: realtime", "flavour: serverless"))
    told = project.run("preview", "tiny-dev", code=exit_codes.CONFIGURATION)
    stack.write_text(good)
    assert "Pulumi.tiny-dev.yaml:12" in told
    assert "a serverless endpoint has none" in told


def test_a_strategy_in_a_pipelines_file_is_refused_at_its_line(project: TinyEnvironment) -> None:
    file = project.folder / "examples/tiny/pipelines/training.yaml"
    file.write_text(QUICK.replace("poll_seconds: 1", "strategy: {kind: canary, instances: 2}"))
    told = project.refused(
        "preview", "tiny-dev", code=exit_codes.CONFIGURATION, says=("training.yaml:4", "100 percent")
    )
    file.write_text(QUICK)
    assert "Step `deploy` deploys by `canary`" in told


ASYNC = """
serving: {flavour: async, instance_count: 1, notify: all}
"""


def listen(project: TinyEnvironment) -> str:
    """A queue that hears what the team's topic is told."""
    clients = project.cloud.clients("eu-west-1")
    url: str = clients("sqs").create_queue(QueueName="listener")["QueueUrl"]
    arn = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics = [one["TopicArn"] for one in clients("sns").list_topics()["Topics"]]
    (topic,) = [one for one in topics if "tiny-dev" in one]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def heard(project: TinyEnvironment, queue: str) -> str:
    """How the request ended that the topic was told of; the topic is told of alarms too."""
    sqs = project.cloud.clients("eu-west-1")("sqs")
    while True:
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        told = json.loads(json.loads(message["Body"])["Message"])
        if "invocationStatus" in told:
            return str(told["invocationStatus"])


@pytest.mark.parametrize("target", EACH_TARGET)
def test_an_asynchronous_endpoint_answers_in_the_lake(target: str, tmp_path: Path) -> None:
    with tiny_environment(
        tmp_path / "project", target, {"training": QUICK}, blueprint="realtime-inference", options=ASYNC
    ) as made:
        deliver(made, "slowly")
        made.run("run", "tiny-dev", "training", "--follow")
        queue = listen(made)
        assert "slowly" in made.run("predict", "tiny-dev", "--data", "rows.json")
        assert heard(made, queue) == "Completed"
        deliver(made, "broken")
        made.run("run", "tiny-dev", "training", "--follow")
        made.refused("predict", "tiny-dev", "--data", "rows.json", code=exit_codes.ERROR, says=("model is broken",))
        assert heard(made, queue) == "Failed"
        made.run("destroy", "tiny-dev", "--yes")
