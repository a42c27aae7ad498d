"""Requests and answers in AWS's own protocols: whose a request is, which operation, and how errors are written."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mlops_iac.cloud import wire
from mlops_iac.cloud.wire import AwsError, Call, Request

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20261129/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def environ(service: str = "", region: str = "eu-west-1", path: str = "/", method: str = "POST", **more: Any) -> Any:
    signed = {"HTTP_AUTHORIZATION": SIGNED.format(region=region, service=service)} if service else {}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **signed,
        **more,
    }


def request(service: str | None, operation: str | None = None, method: str = "POST", **more: Any) -> Request:
    return Request(
        environ=environ(method=method, **more), body=b"", service=service, region="eu-west-1", operation=operation,
        uri_params={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("signing_name", "path", "service"),
    [
        ("sagemaker", "/", "sagemaker"),
        ("sagemaker", "/endpoints/e/invocations", "sagemaker-runtime"),
        ("sagemaker", "/endpoints/e/async-invocations", "sagemaker-runtime"),
        ("sagemaker", "/BatchPutMetrics", "sagemaker-metrics"),
        ("sagemaker", "/FeatureGroup/g", "sagemaker-featurestore-runtime"),
        ("sagemaker", "/BatchGetRecord", "sagemaker-featurestore-runtime"),
        ("sagemaker", "/x/endpoints/e/invocations", "sagemaker"),
        ("s3", "/bucket/key", "s3"),
        ("s3", "/v20180820/tags", "s3control"),
        ("S3", "/", "s3"),
        ("states", "/", "stepfunctions"),
        ("monitoring", "/", "cloudwatch"),
        ("airflow", "/", "mwaa"),
        ("athena", "/", "athena"),
    ],
)
def test_the_signature_says_whose_a_request_is(signing_name: str, path: str, service: str) -> None:
    assert wire.find_service(environ(signing_name, path=path)) == (service, "eu-west-1")


def test_a_presigned_query_says_it_too() -> None:
    query = "X-Amz-Credential=AKIA%2F20261129%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Expires=60"
    assert wire.find_service(environ(QUERY_STRING=query)) == ("s3", "eu-central-1")


def test_an_unsigned_request_is_nobodys() -> None:
    assert wire.find_service(environ()) == (None, "us-east-1")
    assert wire.find_service(environ(HTTP_AUTHORIZATION="Bearer Credential=a/b/c")) == (None, "us-east-1")
    assert wire.read_head(environ()).operation is None


def test_an_operation_is_found_by_its_target_or_its_path() -> None:
    target = {"HTTP_X_AMZ_TARGET": "SageMaker.ListModels", "CONTENT_TYPE": "application/x-amz-json-1.1"}
    assert wire.read_head(environ("sagemaker", **target)).operation == "ListModels"
    got = wire.read(environ("s3", path="/lake/raw/a.csv", method="GET"), b"")
    assert (got.operation, got.uri_params["Bucket"], got.uri_params["Key"]) == ("GetObject", "lake", "raw/a.csv")
    assert wire.read_head(environ("no-such-service")).operation is None
    assert wire.read_head(environ("sagemaker", HTTP_X_AMZ_TARGET="SageMaker.Nothing")).operation is None


def test_the_head_is_read_without_the_body() -> None:
    given = environ("s3", path="/lake/a", method="PUT", CONTENT_LENGTH="3", HTTP_TRANSFER_ENCODING="chunked")
    given["wsgi.input"] = io.BytesIO(b"abc")
    assert wire.read_head(given).operation == "PutObject"
    assert given["wsgi.input"].read() == b"abc"
    assert given["HTTP_TRANSFER_ENCODING"] == "chunked"


def test_a_body_can_be_read_again_however_it_came() -> None:
    for more in ({"CONTENT_LENGTH": "3"}, {"HTTP_TRANSFER_ENCODING": "Chunked"}):
        given: dict[str, Any] = {"wsgi.input": io.BytesIO(b"abc"), **more}
        assert wire.read_body(given) == b"abc"
        assert given["wsgi.input"].read() == b"abc"
        assert given["CONTENT_LENGTH"] == "3"
        assert "HTTP_TRANSFER_ENCODING" not in given
    assert wire.read_body({"wsgi.input": io.BytesIO(b"not ours"), "CONTENT_LENGTH": ""}) == b""


@pytest.mark.parametrize(
    ("service", "operation", "method", "changes"),
    [
        ("sagemaker", "DescribeModel", "POST", False),
        ("sagemaker", "CreateModel", "POST", True),
        ("sagemaker-runtime", "InvokeEndpoint", "POST", False),
        ("dynamodb", "BatchGetItem", "POST", False),
        ("dynamodb", "BatchWriteItem", "POST", True),
        ("s3", "GetObject", "GET", False),
        ("s3", "PutObject", "PUT", True),
        ("s3", "SelectObjectContent", "POST", True),
        (None, None, "GET", False),
        (None, None, "HEAD", False),
        (None, None, "OPTIONS", False),
        (None, None, "POST", True),
    ],
)
def test_what_surely_only_reads_changes_nothing(service: Any, operation: Any, method: str, changes: bool) -> None:
    assert request(service, operation, method).changes is changes


FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("service", "more", "form"),
    [
        ("s3", {}, "s3"),
        ("ec2", {"CONTENT_TYPE": FORM}, "ec2"),
        ("iam", {"CONTENT_TYPE": FORM}, "query"),
        ("s3control", {}, "query"),
        ("route53", {}, "query"),
        ("sagemaker", {"CONTENT_TYPE": "application/x-amz-json-1.1"}, "json"),
        (None, {"CONTENT_TYPE": "application/x-amz-json-1.1"}, "json"),
        (None, {"HTTP_X_AMZ_TARGET": "SageMaker.ListModels"}, "json"),
        (None, {"path": "/endpoints/e/invocations"}, "json"),
        (None, {"CONTENT_TYPE": FORM}, "query"),
        (None, {}, "s3"),
    ],
)
def test_an_error_has_the_form_of_its_service(service: str | None, more: dict[str, str], form: str) -> None:
    asked = request(service, **more)
    assert wire.error_format(asked) == form
    answer = wire.serialise_error(asked, AwsError("Denied<", "a & b", 403))
    headers, body = dict(answer.headers), b"".join(answer.chunks()).decode()
    assert (answer.status, headers["x-amzn-ErrorType"]) == (403, "Denied<")
    assert headers["Content-Type"] == ("application/json" if form == "json" else "text/xml")
    if form == "json":
        told = json.loads(body)
        assert (told["__type"], told["message"], told["Message"]) == ("Denied<", "a & b", "a & b")
    else:
        assert "<Code>Denied&lt;</Code><Message>a &amp; b</Message>" in body
        assert body.startswith({"s3": "<Error>", "ec2": "<Response>", "query": "<ErrorResponse>"}[form])


def test_an_error_says_what_else_it_carries() -> None:
    error = AwsError("ModelError", "It raised.", 424)
    error.members = {"OriginalStatusCode": 500}  # type: ignore[attr-defined]
    told = json.loads(b"".join(wire.serialise_error(request("sagemaker-runtime"), error).chunks()))
    assert told["OriginalStatusCode"] == 500
    assert str(error) == "ModelError: It raised."
    assert AwsError("A", "b").status == 400


def test_parameters_are_parsed_by_the_service_s_model() -> None:
    body = b'{"NameContains": "tiny", "MaxResults": 5}'
    target = {"HTTP_X_AMZ_TARGET": "SageMaker.ListModels", "CONTENT_TYPE": "application/x-amz-json-1.1"}
    given = environ("sagemaker", CONTENT_LENGTH=str(len(body)), **target)
    call = wire.parse(wire.read(given, body), "123456789012")
    assert (call.service, call.operation, call.region) == ("sagemaker", "ListModels", "eu-west-1")
    assert call.params == {"NameContains": "tiny", "MaxResults": 5}
    assert call.headers["X-Amz-Target"] == "SageMaker.ListModels"
    assert wire.parse(wire.read(given, b""), "123456789012").params == {}
    for broken in (
        b'{"NameContains": ',
        b"[1]",
        b'"x"',
        b"\xff",
        b'{"MaxResults": "five"}',
        b"9" * 5000,
        b"[" * 100_000,
    ):
        with pytest.raises(AwsError, match="SerializationException"):
            wire.parse(wire.read(given, broken), "123456789012")


def test_a_head_gives_the_parameters_that_do_not_stand_in_the_body() -> None:
    asked = wire.read_head(environ("s3", path="/lake/raw/a.csv", method="PUT", HTTP_CONTENT_TYPE="text/csv"))
    call = wire.parse(asked, "123456789012", with_body=False)
    assert (call.params["Bucket"], call.params["Key"]) == ("lake", "raw/a.csv")


def test_an_answer_keeps_the_content_type_that_its_operation_names() -> None:
    asked = wire.read(environ("sagemaker", path="/endpoints/e/invocations"), b"")
    answer = wire.serialise(asked, {"Body": b"1,2", "ContentType": "text/csv"})
    assert answer.status == 200
    assert dict(answer.headers)["Content-Type"] == "text/csv"
    assert b"".join(answer.chunks()) == b"1,2"


def test_an_arn_is_of_the_call_s_place() -> None:
    call = Call(service="sagemaker", operation="ListModels", params={}, account_id="1" * 12, region="cn-north-1")
    assert call.arn("sagemaker", "model/a") == "arn:aws-cn:sagemaker:cn-north-1:111111111111:model/a"
