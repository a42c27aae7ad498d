"""The OpenAPI document that says what an API does, with API Gateway's extensions.

Read are paths whose methods ask an endpoint of SageMaker (an integration of type ``aws``), with the callers' ways in:
SigV4, Cognito's user pools, API keys. Whatever else a document says is refused when it is imported, so that nothing is
served otherwise than on AWS. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mlops_iac.cloud.apigateway.records import bad_request
from mlops_iac.cloud.iam.documents import Document, MalformedDocument, parse_document
from mlops_iac.cloud.wire import AwsError
from mlops_iac.core.strict_json import read_json

Way = Literal["iam", "cognito", "none"]

_METHODS: Final = ("delete", "get", "head", "options", "patch", "post", "put")
_TOP: Final = frozenset(
    {"openapi", "info", "paths", "components", "x-amazon-apigateway-binary-media-types", "x-amazon-apigateway-policy"}
)
_METHOD: Final = frozenset(
    {"summary", "description", "operationId", "parameters", "security", "responses",
     "x-amazon-apigateway-integration"}
)  # fmt: skip
_INTEGRATION: Final = frozenset(
    {"type", "httpMethod", "uri", "credentials", "passthroughBehavior", "timeoutInMillis", "requestParameters",
     "responses"}
)  # fmt: skip
_URI: Final = re.compile(
    r"arn:[\w-]+:apigateway:(?P<region>[\w-]+):runtime\.sagemaker:path//?endpoints/(?P<endpoint>[\w-]+)/invocations"
)
_HEADER: Final = re.compile(r"method\.request\.header\.([\w-]+)")
_INTO: Final = re.compile(r"integration\.request\.header\.([\w-]+)")
LONGEST_MS: Final = 29_000
"""Of an integration, in milliseconds: a quota of API Gateway's that regional APIs can have raised."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path."""

    path: str
    method: str
    way: Way
    pools: tuple[str, ...]
    """ARNs of the user pools whose tokens are taken."""
    needs_key: bool
    endpoint: str
    region: str
    role: str
    timeout: float
    """Seconds."""
    headers: Mapping[str, str]
    """Of the request to SageMaker, in lower case, to those of the caller's that fill them."""
    responses: Mapping[str, Mapping[str, Any]]
    """By a pattern of SageMaker's status, or ``default``."""


def read(text: str) -> dict[str, Any]:
    """A document that can be served here. Raises `AwsError`."""
    try:
        body = read_json(text)
    except ValueError as error:
        raise bad_request(f"Invalid OpenAPI input: {error}. The embedded cloud reads JSON.") from error
    if not isinstance(body, dict) or not str(body.get("openapi", "")).startswith("3.0"):
        raise bad_request("Invalid OpenAPI input: the embedded cloud reads documents of OpenAPI 3.0.")
    _only(body, _TOP, "the document")
    if "${stageVariables." in text:
        raise not_offered("stage variables")
    [*routes(body)]
    return body


def routes(body: Mapping[str, Any]) -> Iterator[Route]:
    """Every method that a document defines. Raises `AwsError` for what is not served here."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    for path, item in body.get("paths", {}).items():
        if "{" in path:
            raise not_offered(f"a path with parameters (`{path}`)")
        _only(item, frozenset(_METHODS), path)
        for method, said in item.items():
            _only(said, _METHOD, f"{method} {path}")
            yield _route(path, method, said, schemes)


def find_route(body: Mapping[str, Any], path: str, method: str) -> Route | None:
    return next((one for one in routes(body) if (one.path, one.method) == (path, method.lower())), None)


def read_policy(text: str) -> Document | None:
    """An API's resource policy. Raises `AwsError` for a text that is none."""
    try:
        return parse_document(text) if text else None
    except MalformedDocument as error:
        raise bad_request(f"Invalid policy document. Please check the policy syntax. {error}") from error


def _route(path: str, method: str, said: Mapping[str, Any], schemes: Mapping[str, Any]) -> Route:
    asked = said.get("x-amazon-apigateway-integration")
    if not asked or asked.get("type") != "aws":
        raise not_offered(f"an integration of type `{(asked or {}).get('type', 'none')}`")
    _only(asked, _INTEGRATION, f"the integration of {method} {path}")
    uri = _URI.fullmatch(asked.get("uri", ""))
    if uri is None:
        raise not_offered(f"an integration with `{asked.get('uri', '')}`: it asks endpoints of SageMaker,")
    if not asked.get("credentials"):
        raise bad_request("Invalid integration: one that asks SageMaker needs a role in `credentials`")
    timeout = asked.get("timeoutInMillis", LONGEST_MS)
    if not 50 <= timeout <= LONGEST_MS:
        raise bad_request(f"Timeout should be between 50 ms and {LONGEST_MS} ms")
    way, pools, needs_key = _security(said.get("security", ()), schemes)
    return Route(
        path=path,
        method=method,
        way=way,
        pools=pools,
        needs_key=needs_key,
        endpoint=uri["endpoint"],
        region=uri["region"],
        role=asked["credentials"],
        timeout=timeout / 1000,
        headers=dict(_headers(asked.get("requestParameters", {}))),
        responses=dict(_responses(asked.get("responses", {}))),
    )


def _security(listed: Any, schemes: Mapping[str, Any]) -> tuple[Way, tuple[str, ...], bool]:
    way: Way = "none"
    pools: tuple[str, ...] = ()
    needs_key = False
    for name in (name for one in listed for name in one):
        scheme = schemes.get(name)
        kind = (scheme or {}).get("x-amazon-apigateway-authtype")
        if scheme is None:
            raise bad_request(f"Invalid OpenAPI input: `security` names `{name}`, which no scheme is called")
        if kind == "awsSigv4":
            way = "iam"
        elif kind == "cognito_user_pools":
            if any(one[name] for one in listed if name in one):
                raise not_offered("scopes of a user pool's tokens")
            way, pools = "cognito", tuple(scheme["x-amazon-apigateway-authorizer"]["providerARNs"])
        elif kind is None and scheme.get("name") == "x-api-key":
            needs_key = True
        else:
            raise not_offered(f"a security scheme of type `{kind or scheme.get('name')}`")
    return way, pools, needs_key


def _headers(asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for into, source in asked.items():
        name, taken = _INTO.fullmatch(into), _HEADER.fullmatch(source)
        if name is None or taken is None:
            raise not_offered(f"the mapping of `{source}` to `{into}`")
        yield name[1].lower(), taken[1].lower()


def _responses(asked: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Templates are texts without variables: Velocity is not run here."""
    for pattern, said in asked.items():
        for template in said.get("responseTemplates", {}).values():
            if "$" in template or "#" in template:
                raise not_offered("a response template with variables")
        known = {"method.response.header.Content-Type": "integration.response.header.Content-Type"}
        if said.get("responseParameters", known) != known:
            raise not_offered("a response parameter other than Content-Type")
        yield pattern, said


def _only(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    strangers = sorted(set(given) - known)
    if strangers:
        raise not_offered(f"`{strangers[0]}` in {where}")


def not_offered(what: str) -> AwsError:
    return AwsError("NotImplemented", f"The embedded cloud does not serve APIs with {what}.", 501)
