"""A relayed call answers and refuses what boto3's own client does: the same tests, both ways."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from botocore.response import StreamingBody

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud import relay
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling
from tests.cloud.conftest import Cloud
from tests.support.roles import make_mighty_role

BUCKET = "relayed"


@pytest.fixture(scope="module")
def direct(cloud: Cloud) -> Clients:
    clients = cloud.clients()
    clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": clients.region})
    clients("s3").put_object(Bucket=BUCKET, Key="a", Body=b"\x00\xff inside", Metadata={"said": "it"})
    clients("ssm").put_parameter(Name="/p", Value="v", Type="String")
    return clients


@pytest.fixture(params=["direct", "relayed"])
def clients(request: pytest.FixtureRequest, direct: Clients) -> Clients:
    return relay.relayed(direct) if request.param == "relayed" else direct


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says, without the words of its HTTP request; bodies are read."""
    return {
        name: value.read() if hasattr(value, "read") else value
        for name, value in answer.items()
        if name != "ResponseMetadata"
    }


def in_seconds(value: Any) -> Any:
    """A moment without the parts of a second that a protocol drops."""
    return int(value.timestamp()) if isinstance(value, datetime) and value.tzinfo else value


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c("s3").get_object(Bucket=BUCKET, Key="a"),
        lambda c: c("s3").head_object(Bucket=BUCKET, Key="a"),
        lambda c: c("s3").list_objects_v2(Bucket=BUCKET, Prefix="a"),
        lambda c: c("ssm").get_parameter(Name="/p"),
        lambda c: c("logs").describe_log_groups(),
        lambda c: c("sts").get_caller_identity(),
    ],
    ids=["get_object", "head_object", "list_objects", "get_parameter", "log groups", "identity"],
)
def test_an_answer_is_boto3s_to_its_dates_and_bytes(direct: Clients, call: Callable[[Clients], Any]) -> None:
    assert told(call(relay.relayed(direct))) == told(call(direct))


@pytest.fixture(scope="module")
def things(direct: Clients) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What is asked of each question that this cloud answers at once: something that is there, then what is not."""
    group = "relayed-models"
    direct("sagemaker").create_model_package_group(ModelPackageGroupName=group)
    container = {"Image": "image:1", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    package = direct("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        CustomerMetadataProperties={"run": "one"},
    )["ModelPackageArn"]
    role = make_mighty_role(direct, "relayed-flow", "states")
    machine = direct("stepfunctions").create_state_machine(
        name="relayed",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn=role,
    )["stateMachineArn"]
    execution = direct("stepfunctions").start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')
    arn = execution["executionArn"]
    while direct("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING":
        time.sleep(0.01)
    return {
        ("s3", "get_object"): [{"Bucket": BUCKET, "Key": "a"}, {"Bucket": BUCKET, "Key": "absent"}],
        ("sagemaker", "describe_model_package"): [
            {"ModelPackageName": package},
            {"ModelPackageName": f"{package}000"},
        ],
        ("stepfunctions", "describe_execution"): [{"executionArn": arn}, {"executionArn": f"{arn}-absent"}],
    }


def test_what_is_answered_at_once_is_what_boto3_answers(
    cloud: Cloud, direct: Clients, things: dict[tuple[str, str], list[dict[str, Any]]]
) -> None:
    """To the last member, but for an object's that say how it was sent; and what is missing in the same words."""
    assert things.keys() == cloud.gateway.at_once.keys()
    for (service, method), asked in things.items():
        quick, absent = relay.relayed(direct).many(service, method, asked, told)
        usual, missing = direct.many(service, method, asked, told)
        if service == "s3":
            usual = {name: usual[name] for name in ("Body", "ContentLength", "ETag", "LastModified")}
        assert {name: in_seconds(value) for name, value in quick.items()} == {
            name: in_seconds(value) for name, value in usual.items()
        }, method
        assert absent.response["Error"] == {name: missing.response["Error"][name] for name in ("Code", "Message")}


def test_many_are_one_request_and_one_connection(direct: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    opened: list[Any] = []
    request, connect = http.client.HTTPConnection.request, http.client.HTTPConnection.connect
    monkeypatch.setattr(
        http.client.HTTPConnection, "request", lambda self, *a, **k: (sent.append(a[1]), request(self, *a, **k))[1]
    )
    monkeypatch.setattr(http.client.HTTPConnection, "connect", lambda self: (opened.append(1), connect(self))[1])
    relayed = relay.relayed(direct)
    keys = ["a", *(f"absent-{number}" for number in range(300))]
    answers = relayed.many("s3", "get_object", [{"Bucket": BUCKET, "Key": key} for key in keys])
    assert answers[0]["Body"].read() == b"\x00\xff inside"
    assert {one.response["Error"]["Code"] for one in answers[1:]} == {"NoSuchKey"}
    relayed("ssm").get_parameter(Name="/p")
    ours = [path for path in sent if path.startswith("/_mlops-iac/")]
    assert ours == ["/_mlops-iac/calls", "/_mlops-iac/call"]
    assert len(opened) - (len(sent) - len(ours)) <= 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(direct: Clients) -> None:
    relayed = relay.relayed(direct)
    ssm = relayed("ssm")
    ssm.get_parameter(Name="/p")
    ssm._line._local.connection.sock.shutdown(socket.SHUT_RDWR)
    assert ssm.get_parameter(Name="/p")["Parameter"]["Value"] == "v"


def test_many_that_are_large_are_left_to_boto3(direct: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MOST_BYTES", 12)
    asked = [{"Bucket": BUCKET, "Key": "a"}] * 4
    answers = relay.relayed(direct).many("s3", "get_object", asked, lambda answer: answer["Body"].read())
    assert answers == [b"\x00\xff inside"] * 4


def test_bytes_are_sent_as_they_are(clients: Clients, direct: Clients) -> None:
    clients("s3").put_object(Bucket=BUCKET, Key="sent", Body=b"\xfe\x00")
    assert direct("s3").get_object(Bucket=BUCKET, Key="sent")["Body"].read() == b"\xfe\x00"


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", lambda c: c.get_object(Bucket=BUCKET, Key="absent"), "NoSuchKey"),
        ("ssm", lambda c: c.get_parameter(Name="/absent"), "ParameterNotFound"),
        ("sagemaker", lambda c: c.describe_endpoint(EndpointName="absent"), "ValidationException"),
    ],
)
def test_a_refusal_becomes_the_same_error(
    clients: Clients, service: str, call: Callable[[Any], Any], code: str
) -> None:
    with pytest.raises(CloudError) as caught, calling(f"{service}:Op", "it"):
        call(clients(service))
    assert caught.value.code == code
    assert f"({code})" in caught.value.detail


def test_a_wrong_parameter_is_told_by_boto3(clients: Clients) -> None:
    with pytest.raises(ParamValidationError, match="Nmae"):
        clients("ssm").get_parameter(Nmae="/p")


def test_pages_are_boto3s(clients: Clients) -> None:
    pages = clients("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="a")
    assert [one["Key"] for page in pages for one in page["Contents"]] == ["a"]


def test_a_large_body_is_streamed_by_boto3(direct: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MOST_BYTES", 5)
    s3 = relay.relayed(direct)("s3")
    s3.put_object(Bucket=BUCKET, Key="large", Body=b"123456")
    assert isinstance(s3.get_object(Bucket=BUCKET, Key="large")["Body"], StreamingBody)


def test_a_key_that_looks_like_a_mark_is_not_taken_for_one() -> None:
    with pytest.raises(TypeError):
        relay.encode({"$time": "2026"})


def test_values_come_back_as_they_went() -> None:
    value = {"a": [1, 2.5, None, True, "x"], "b": b"\x00", "c": {"d": {}}}
    assert relay.decode(relay.encode(value)) == value


def test_a_cloud_that_is_gone_is_told(cloud: Cloud) -> None:
    owner = cloud.gateway.token.owner
    with pytest.raises(CloudError, match="reached"):
        relay.relayed(Clients.embedded("http://127.0.0.1:1", "eu-west-1", credentials=owner))("s3").list_buckets()


def test_another_key_relays_nothing(cloud: Cloud) -> None:
    stranger = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "x"))
    with pytest.raises(CloudError, match="refused"):
        relay.relayed(stranger)("s3").list_buckets()


def test_what_is_no_json_is_refused(cloud: Cloud) -> None:
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    key = cloud.gateway.token.owner.access_key
    connection.request("POST", "/_mlops-iac/call", b"{", {"Authorization": f"Bearer {key}"})
    assert connection.getresponse().status == 400
