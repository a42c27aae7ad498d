"""What an API does, as an OpenAPI document with API Gateway's extensions: one path that asks an endpoint.

A pure function: whoever changes it changes what is deployed, and nothing else.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi

Auth = Literal["iam", "cognito", "api-key"]

STAGE: Final = "live"
PATH: Final = "/predict"

BINARY: Final = ("application/octet-stream", "application/x-npy", "image/jpeg", "image/png")
"""Content types whose bytes go to the model as they are; API Gateway takes all others for text."""

_SCHEMES: Final[Mapping[Auth, dict[str, Any]]] = {
    "iam": {"name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"},
    "cognito": {"name": "Authorization", "x-amazon-apigateway-authtype": "cognito_user_pools"},
    "api-key": {"name": "x-api-key"},
}
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "400": ("400", "The model's endpoint did not take the request."),
    "413": ("413", "The request is larger than the model's endpoint takes."),
    "424": ("424", "The model failed at this request."),
    "429": ("429", "Too Many Requests"),
    "40[1-9]": ("500", "Internal server error"),
    "5\\d{2}": ("502", "The model's endpoint failed."),
}
"""SageMaker's status to the caller's, and the words; SageMaker's own would tell of accounts, roles and logs."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a document says."""

    title: str
    auth: Auth
    endpoint: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    """In which the endpoint is asked."""
    region: str
    partition: str
    timeout_ms: int
    accounts: tuple[pulumi.Input[str], ...]
    """Whose roles may call, with ``iam``."""
    sources: tuple[str, ...] = ()
    """Networks from which calls may come, as CIDR blocks. Empty: any."""
    vpc_endpoint_id: pulumi.Input[str] | None = None
    """Through which alone it is asked. None: from anywhere."""
    user_pool_arn: pulumi.Input[str] | None = None


def document(said: Said) -> dict[str, Any]:
    """The document; values may be Outputs."""
    ok = {"headers": {"Content-Type": {"schema": {"type": "string"}}}, "description": "The model's answer."}
    refused = {status: {"description": words} for status, words in _REFUSALS.values()}
    method = {
        "summary": "Ask the model.",
        "parameters": [_header("Content-Type"), _header("Accept")],
        "security": [{said.auth: []}],
        "responses": {"200": ok, **refused},
        "x-amazon-apigateway-integration": _integration(said),
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": said.title, "version": "1"},
        "paths": {PATH: {"post": method}},
        "components": {"securitySchemes": {said.auth: _scheme(said)}},
        "x-amazon-apigateway-binary-media-types": list(BINARY),
        "x-amazon-apigateway-policy": policy(said),
    }


def policy(said: Said) -> dict[str, Any]:
    """Who may call at all: with ``iam`` roles of these accounts whose own policies allow it; with the others whoever
    passes the method's own gate. ``execute-api:/`` is this very API."""
    base = {"Action": "execute-api:Invoke", "Resource": f"execute-api:/{STAGE}/POST{PATH}"}
    roots = [_joined(f"arn:{said.partition}:iam::", account, ":root") for account in said.accounts]
    who: Any = {"AWS": roots} if said.auth == "iam" else "*"
    allow = {"Sid": "Callers", "Effect": "Allow", "Principal": who, **base}
    # Networks inside a VPC are told by another key than those of the internet.
    networks = {"aws:VpcSourceIp" if said.vpc_endpoint_id is not None else "aws:SourceIp": list(said.sources)}
    elsewhere: list[tuple[str, Any]] = [("Elsewhere", {"NotIpAddress": networks})] if said.sources else []
    if said.vpc_endpoint_id is not None:
        elsewhere.append(("Outside", {"StringNotEquals": {"aws:SourceVpce": said.vpc_endpoint_id}}))
    denials = [
        {"Sid": sid, "Effect": "Deny", "Principal": "*", **base, "Condition": condition} for sid, condition in elsewhere
    ]
    return {"Version": "2012-10-17", "Statement": [allow, *denials]}


def _scheme(said: Said) -> dict[str, Any]:
    scheme = {"type": "apiKey", "in": "header", **_SCHEMES[said.auth]}
    if said.auth == "cognito":
        scheme["x-amazon-apigateway-authorizer"] = {"type": "cognito_user_pools", "providerARNs": [said.user_pool_arn]}
    return scheme


def _integration(said: Said) -> dict[str, Any]:
    invoke = f"arn:{said.partition}:apigateway:{said.region}:runtime.sagemaker:path/endpoints/"
    kind = {"method.response.header.Content-Type": "integration.response.header.Content-Type"}
    return {
        "type": "aws",
        "httpMethod": "POST",
        "uri": _joined(invoke, said.endpoint, "/invocations"),
        "credentials": said.role_arn,
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": said.timeout_ms,
        "requestParameters": {
            f"integration.request.header.{name}": f"method.request.header.{name}" for name in ("Accept", "Content-Type")
        },
        "responses": {
            "default": {"statusCode": "200", "responseParameters": kind},
            **{pattern: _refusal(status, words) for pattern, (status, words) in _REFUSALS.items()},
        },
    }


def _refusal(status: str, words: str) -> dict[str, Any]:
    return {"statusCode": status, "responseTemplates": {"application/json": json.dumps({"message": words})}}


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def _joined(*parts: pulumi.Input[str]) -> pulumi.Input[str]:
    """One text; an Output only where a part is one, so that the document can be made without an engine."""
    return "".join(map(str, parts)) if all(isinstance(one, str) for one in parts) else pulumi.Output.concat(*parts)
