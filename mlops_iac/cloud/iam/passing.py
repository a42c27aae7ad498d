"""`iam:PassRole`: who hands a role to a service must be allowed to.

Every role that stands in a request's parameters under the name of a role is passed, to the service that will assume
it. Source: "Grant a user permissions to pass a role to an AWS service" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_ROLE: Final = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")
_NAMED: Final = re.compile(r"role(arn)?$", re.IGNORECASE)
_IN_TEXT: Final = re.compile(rb'"credentials"\s*:\s*"(arn:[a-z-]+:iam::\d{12}:role/[^"]+)"')
"""Roles of integrations, in an OpenAPI document that API Gateway is given."""
_OTHERS: Final = {("batch", "serviceRole"): "batch.amazonaws.com"}
"""Parameters whose role is for another principal than the service's usual one."""

_ASSUMED_BY: Final = {
    "apigateway": "apigateway.amazonaws.com",
    "application-autoscaling": "application-autoscaling.amazonaws.com",
    "batch": "ecs-tasks.amazonaws.com",
    "budgets": "budgets.amazonaws.com",
    "ec2": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com",
    "events": "events.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "logs": "logs.amazonaws.com",
    "mwaa": "airflow.amazonaws.com",
    "redshift-serverless": "redshift-serverless.amazonaws.com",
    "s3": "s3.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
}
"""Services that take roles, and the principal which assumes them."""

_READING: Final = ("Describe", "List", "Get", "BatchGet", "Submit")
"""Operations that name roles without handing them over."""


def passed_roles(service: str, operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ARNs of roles that a request passes, each with the service principal that it is passed to."""
    if service not in _ASSUMED_BY or operation.startswith(_READING):
        return []
    found = {(arn, _passed_to(service, name)) for name, arn in _roles(parameters)}
    if service == "apigateway":
        found |= {(arn, _ASSUMED_BY[service]) for arn in _of_api(parameters)}
    return sorted(found)


def _of_api(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Those in a document, and the one for logs, which is a patch's value."""
    body = parameters.get("body") or b""
    yield from (found.decode() for found in _IN_TEXT.findall(body if isinstance(body, bytes) else body.encode()))
    for each in parameters.get("patchOperations") or ():
        if each.get("path") == "/cloudwatchRoleArn" and _ROLE.fullmatch(each.get("value") or ""):
            yield each["value"]


def _passed_to(service: str, parameter: str) -> str:
    return _OTHERS.get((service, parameter), _ASSUMED_BY[service])


def _roles(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _roles(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _roles(each, name)
    elif isinstance(value, str) and _NAMED.search(name) and _ROLE.fullmatch(value):
        yield name, value
