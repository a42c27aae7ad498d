"""Rules that really deliver, and functions that really run."""

from __future__ import annotations

import io
import json
import time
import zipfile

import pytest

from mlops_iac.cloud.jobs import mounts
from mlops_iac.cloud.moto_patches.events import find_path, make_input
from tests.support.roles import allow, document, make_mighty_role, make_role

LOCATION = {"LocationConstraint": "eu-west-1"}
ROLE = "arn:aws:iam::123456789012:role/runner"


@pytest.fixture(scope="module")
def clients(cloud):
    make_mighty_role(cloud.clients(), "runner", "states", "events")
    return cloud.clients()


EVENT = {"id": "1", "source": "mine", "detail-type": "done", "detail": {"run": "r-1", "auc": 0.9}, "resources": ["a"]}


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ({}, json.dumps(EVENT)),
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail"}, '{"run": "r-1", "auc": 0.9}'),
        (
            {"InputTransformer": {"InputPathsMap": {"r": "$.detail.run"}, "InputTemplate": '{"run": <r>}'}},
            '{"run": "r-1"}',
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"r": "$.detail.run", "a": "$.detail.auc"},
                    "InputTemplate": '"run <r> has <a>, <other>"',
                }
            },
            '"run r-1 has 0.9, <other>"',
        ),
    ],
)
def test_a_target_gets_what_its_rule_says(target, given):
    assert make_input(target, EVENT) == given


@pytest.mark.parametrize(
    ("path", "value"), [("$.detail.auc", 0.9), ("$.resources[0]", "a"), ("$.resources[3]", None), ("$.no.such", None)]
)
def test_paths_of_events(path, value):
    assert find_path(EVENT, path) == value


def put_rule(clients, name, target, **more):
    events = clients("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}), **more)
    events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])


def send(clients, source):
    entry = {"Source": source, "DetailType": "done", "Detail": json.dumps({"run": "r-1"})}
    assert clients("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def eventually(find, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = find()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_a_rule_starts_a_state_machine(clients):
    sfn = clients("stepfunctions")
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    arn = sfn.create_state_machine(name="told", definition=definition, roleArn=ROLE)["stateMachineArn"]
    put_rule(clients, "to-states", {"Arn": arn, "RoleArn": ROLE, "InputPath": "$.detail"})
    send(clients, "to-states")
    (execution,) = eventually(lambda: sfn.list_executions(stateMachineArn=arn)["executions"])
    assert json.loads(sfn.describe_execution(executionArn=execution["executionArn"])["input"]) == {"run": "r-1"}


def test_a_rule_publishes_to_a_topic_and_a_disabled_one_does_not(clients):
    sns, sqs = clients("sns"), clients("sqs")
    topic = sns.create_topic(Name="told")["TopicArn"]
    publish = {**allow("sns:Publish", on=topic), "Principal": {"Service": "events.amazonaws.com"}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(publish))
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:told")
    put_rule(clients, "to-nobody", {"Arn": topic, "Input": '"never"'}, State="DISABLED")
    put_rule(clients, "to-topic", {"Arn": topic, "Input": '"hello"'})
    send(clients, "to-nobody")
    send(clients, "to-topic")
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"))
    assert json.loads(message["Body"])["Message"] == '"hello"'


def function(clients, name, source, timeout=10, rights=()):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", source)
    role = make_role(clients, name, allow("sqs:ListQueues", *rights), services=("lambda",))
    clients("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=role, Timeout=timeout,
        Code={"ZipFile": archive.getvalue()}, Environment={"Variables": {"GREETING": "hello"}},
    )  # fmt: skip


def test_any_json_is_an_event_and_no_payload_is_an_empty_one(clients):
    function(clients, "echo", "def handler(event, context):\n    return [event]\n")
    for event in ("a text", "", 0, [], None, {"a": [1]}):
        answer = clients("lambda").invoke(FunctionName="echo", Payload=json.dumps(event).encode())
        assert json.loads(answer["Payload"].read()) == [event]
    assert json.loads(clients("lambda").invoke(FunctionName="echo")["Payload"].read()) == [{}]


def test_a_function_really_runs_and_a_state_machine_gets_its_answer(clients):
    function(
        clients,
        "greet",
        "import os\ndef handler(event, context):\n    print('asked for', event['name'])\n"
        "    return {'text': os.environ['GREETING'] + ' ' + event['name'], 'by': context.function_name}\n",
        rights=("logs:CreateLogGroup",),
    )
    sfn = clients("stepfunctions")
    parameters = {"FunctionName": "greet", "Payload.$": "$"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True}
    definition = json.dumps({"StartAt": "F", "States": {"F": {**state, "OutputPath": "$.Payload"}}})
    arn = sfn.create_state_machine(name="calls", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=arn, input='{"name": "world"}')["executionArn"]
    done = eventually(lambda: (d := sfn.describe_execution(executionArn=execution))["status"] != "RUNNING" and d)
    assert json.loads(done["output"]) == {"text": "hello world", "by": "greet"}
    streams = clients("logs").describe_log_streams(logGroupName="/aws/lambda/greet")["logStreams"]
    assert streams


def test_what_a_function_prints_is_lost_where_its_role_may_make_no_group(clients):
    function(clients, "silent", "def handler(event, context):\n    print('lost')\n    return 1\n")
    assert clients("lambda").invoke(FunctionName="silent", Payload=b"{}")["Payload"].read() == b"1"
    groups = [one["logGroupName"] for one in clients("logs").describe_log_groups()["logGroups"]]
    assert "/aws/lambda/silent" not in groups


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [
        ("raises", "def handler(event, context):\n    raise KeyError('x')\n", "KeyError"),
        ("sleeps", "import time\ndef handler(event, context):\n    time.sleep(30)\n", "Sandbox.Timedout"),
        ("exits", "import os\ndef handler(event, context):\n    os._exit(3)\n", "Runtime.ExitError"),
    ],
)
def test_a_function_that_fails_says_how(clients, name, source, kind):
    function(clients, name, source, timeout=1)
    answer = clients("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert answer["FunctionError"]
    assert json.loads(answer["Payload"].read())["errorType"] == kind


@pytest.mark.skipif(not mounts.can_isolate(), reason="no private namespaces on this machine")
def test_a_function_reaches_the_embedded_cloud_and_no_other_address(clients):
    source = """
import boto3, os, socket

def handler(event, context):
    boto3.client("sqs").list_queues()
    said = []
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            socket.socket(socket.AF_INET, kind).connect(("192.0.2.1", 9))
        except OSError as error:
            said.append(error.strerror)
    try:
        open("/var/task/x", "w")
    except OSError as error:
        said.append(error.strerror)
    return [said, os.getcwd(), os.path.exists(os.path.expanduser("~/.ssh"))]
"""
    function(clients, "reaches", source)
    answer = clients("lambda").invoke(FunctionName="reaches", Payload=b"{}")
    said, folder, keys = json.loads(answer["Payload"].read())
    assert said == ["Network is unreachable", "Network is unreachable", "Read-only file system"]
    assert (folder, keys) == ("/var/task", False)
