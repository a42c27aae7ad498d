"""AWS's protocols at the server's side: which operation a request is, its parameters, and answers in its own format.

Parsing and serialising are moto's, which works from botocore's service models; what is ours is finding the service,
and errors, because moto answers what it lacks with HTML pages that SDKs cannot read (and retry).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from mlops_iac.cloud.blobs import Body
from mlops_iac.cloud.regions import partition_of
from mlops_iac.core.strict_json import read_json

_SIGNING_NAMES: Final = {
    "airflow": "mwaa",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "eventbridge": "events",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
}
"""Signing name to botocore's service name, where they differ and where we or moto's patches care."""

_SAGEMAKER_PATHS: Final = (
    (re.compile(r"^/endpoints/[^/]+/(async-)?invocations"), "sagemaker-runtime"),
    (re.compile(r"^/BatchPutMetrics"), "sagemaker-metrics"),
    (re.compile(r"^/FeatureGroup/|^/BatchGetRecord"), "sagemaker-featurestore-runtime"),
)
_CREDENTIAL: Final = re.compile(r"Credential=[^/]*/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_READS: Final = ("Get", "List", "Describe", "Head", "Batch" + "Get", "Lookup", "Search", "Query", "Scan", "Invoke")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One AWS API call, parsed by botocore's model: blobs are bytes, timestamps are datetimes."""

    service: str
    """botocore's name: ``sagemaker``, ``sagemaker-runtime``, ``batch``."""
    operation: str
    """``CreateTrainingJob``."""
    params: dict[str, Any]
    account_id: str
    region: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in the call's account, region and partition."""
        return f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.account_id}:{resource}"


class AwsError(Exception):
    """A refusal that is answered in the service's protocol: ``AwsError("ValidationException", "No such job.")``."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes | Body
    """A `Body` is read while it is sent."""

    def chunks(self) -> Iterable[bytes]:
        return [self.body] if isinstance(self.body, bytes) else self.body.chunks()


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request whose body was received, so that it can be read here and again by moto."""

    environ: dict[str, Any]
    body: bytes
    """Empty when the body is an object's: that is in a file (`uploads`)."""
    service: str | None
    """botocore's name, or None for a request that is not signed (moto finds those services itself)."""
    region: str
    operation: str | None
    """None when the service, or the operation, is not in botocore's models."""
    uri_params: Mapping[str, Any]

    @property
    def changes(self) -> bool:
        """False for calls that surely only read."""
        if self.operation and self.service != "s3":
            return not self.operation.startswith(_READS)
        return self.environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")

    def for_moto(self) -> dict[str, Any]:
        """The WSGI environment with the body rewound."""
        self.environ["wsgi.input"] = io.BytesIO(self.body)
        return self.environ


def read_body(environ: dict[str, Any]) -> bytes:
    """The whole body, which can then be read again: a connection is used again only when nothing is left in it."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        body = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        del environ["HTTP_TRANSFER_ENCODING"]
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def read(environ: dict[str, Any], body: bytes) -> Request:
    """Find out which operation a request is."""
    service, region = find_service(environ)
    operation, uri_params = _find_operation(service, environ)
    environ["wsgi.input"] = io.BytesIO(body)
    return Request(
        environ=environ, body=body, service=service, region=region, operation=operation, uri_params=uri_params
    )


def read_head(environ: Mapping[str, Any]) -> Request:
    """The same without the body, which is left where it is."""
    head = {**environ, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
    head.pop("HTTP_TRANSFER_ENCODING", None)
    return read(head, b"")


def find_service(environ: Mapping[str, Any]) -> tuple[str | None, str]:
    """botocore's service name and the region, from the signature (header or presigned query)."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None and "X-Amz-Credential" in environ.get("QUERY_STRING", ""):
        scope = parse_qs(environ["QUERY_STRING"])["X-Amz-Credential"][0]
        found = _CREDENTIAL.search(f"Credential={scope}")
    if found is None:
        return None, "us-east-1"
    service, path = found["service"].lower(), environ.get("PATH_INFO", "")
    if service == "sagemaker":
        service = next((name for pattern, name in _SAGEMAKER_PATHS if pattern.search(path)), service)
    if service == "bedrock" and path.startswith("/guardrail/"):
        service = "bedrock-runtime"
    if service == "s3" and path.startswith("/v20180820/"):
        service = "s3control"
    return _SIGNING_NAMES.get(service, service), found["region"]


def _find_operation(service: str | None, environ: dict[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    from botocore.exceptions import UnknownServiceError
    from moto.core.request import Request as MotoRequest
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import HTTPException

    if service is None:
        return None, {}
    try:
        operation, uri_params = get_service_router(service).match(MotoRequest(environ))
    except (HTTPException, NotImplementedError, UnknownServiceError):
        return None, {}
    return str(operation.name), uri_params


def parse(request: Request, account_id: str, *, with_body: bool = True) -> Call:
    """The call's parameters; `AwsError` when the body is not what the protocol says.

    Without the body only what stands in the path, the query and the headers is read.
    """
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import Request as MotoRequest
    from moto.core.request import determine_request_protocol
    from moto.core.utils import get_service_model

    assert request.service
    assert request.operation
    incoming = MotoRequest(request.for_moto())
    model = get_service_model(request.service)
    protocol = determine_request_protocol(model, incoming.content_type)
    parser = PROTOCOL_PARSERS[protocol]
    try:
        if protocol == "json" and with_body:
            _check_object(request.body)
        params = parser(model.operation_model(request.operation)).parse(
            {
                "method": incoming.method,
                "headers": incoming.headers,
                "body": request.body if with_body else b"",
                "values": incoming.values,
                "url_path": incoming.path,
                "url_params": request.uri_params,
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AwsError("SerializationException", f"The request could not be read: {error}") from error
    return Call(
        service=request.service,
        operation=request.operation,
        params=params,
        account_id=account_id,
        region=request.region,
        headers=dict(incoming.headers),
    )


def _check_object(body: bytes) -> None:
    """moto's parser takes what is no JSON for a request without parameters. Raises ValueError."""
    if body and not isinstance(read_json(body, finite=False), dict):
        raise ValueError("it is JSON, but no object")


def serialise(request: Request, output: Mapping[str, Any]) -> Answer:
    """A successful answer: botocore's output shape in the protocol that the request used."""
    from moto.core.request import determine_request_protocol
    from moto.core.serialize import get_serializer_class
    from moto.core.utils import get_service_model

    assert request.service
    assert request.operation
    model = get_service_model(request.service)
    protocol = determine_request_protocol(model, request.environ.get("CONTENT_TYPE", ""))
    serialised = get_serializer_class(request.service, protocol)(model.operation_model(request.operation)).serialize(
        dict(output)
    )
    body = serialised["body"]
    body = body.encode() if isinstance(body, str) else body
    headers = {name: str(value) for name, value in serialised["headers"].items()}
    headers.update(_content_type(model.operation_model(request.operation).output_shape, output))
    return Answer(serialised["status_code"], list(headers.items()), body)


def _content_type(shape: Any, output: Mapping[str, Any]) -> dict[str, str]:
    """A content type that the operation answers (InvokeEndpoint), which moto's serialiser overwrites with its own."""
    for name, member in (shape.members if shape else {}).items():
        if member.serialization.get("name", "").lower() == "content-type" and output.get(name):
            return {"Content-Type": str(output[name])}
    return {}


def serialise_error(request: Request, error: AwsError) -> Answer:
    """An error as the service's SDKs expect it."""
    kind = error_format(request)
    code, message = escape(error.code), escape(error.message)
    if kind == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>embedded</RequestId></Error>"
    elif kind == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            "<RequestID>embedded</RequestID></Response>"
        )
    elif kind == "query":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>embedded</RequestId></ErrorResponse>"
        )
    else:
        members = getattr(error, "members", {})  # what some errors carry besides a message: ModelError's status
        text = json.dumps({"__type": error.code, "message": error.message, "Message": error.message, **members})
    content_type = "application/json" if kind == "json" else "text/xml"
    return Answer(error.status, [("Content-Type", content_type), ("x-amzn-ErrorType", error.code)], text.encode())


def error_format(request: Request) -> Literal["s3", "ec2", "query", "json"]:
    """How a request's service writes errors. An unsigned request names no service: its shape tells."""
    if request.service is None:
        return _format_by_shape(request.environ)
    if request.service == "s3":
        return "s3"
    if request.service == "ec2":
        return "ec2"
    form = str(request.environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
    return "query" if form or request.service in ("s3control", "route53", "cloudfront") else "json"


def _format_by_shape(environ: Mapping[str, Any]) -> Literal["s3", "query", "json"]:
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if any(pattern.search(str(environ.get("PATH_INFO", ""))) for pattern, _ in _SAGEMAKER_PATHS):
        return "json"
    if "HTTP_X_AMZ_TARGET" in environ or content_type.startswith("application/x-amz-json"):
        return "json"
    return "query" if content_type.startswith("application/x-www-form-urlencoded") else "s3"
