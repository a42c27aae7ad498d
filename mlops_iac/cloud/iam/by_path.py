"""Services whose IAM actions are the verbs of HTTP, on ARNs that are the paths of their API: API Gateway.

``CreateStage`` is ``apigateway:POST`` on ``arn:aws:apigateway:eu-west-1::/restapis/abc/stages``: so botocore's models
say it all. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from mlops_iac.cloud.iam.matching import fill

_PART: Final = re.compile(r"\{(\w+)\}")
POLICY: Final = "apigateway:UpdateRestApiPolicy"
"""What changing an API's own policy takes besides."""


def actions(service: str, operation: str) -> list[tuple[str, str]]:
    """Actions, each with the ARN that it is on, with ``${…}`` for what the request tells."""
    from moto.core.utils import get_service_model

    model = get_service_model(service)
    if operation not in model.operation_names:
        return []
    found = model.operation_model(operation)
    members = {
        shape.serialization.get("name", name): name for name, shape in (found.input_shape or _Empty).members.items()
    }
    path = _PART.sub(lambda part: "${" + _title(members.get(part[1], part[1])) + "}", found.http["requestUri"])
    arn = f"arn:${{Partition}}:{service}:${{Region}}::{path}"
    policy = [(POLICY, arn)] if operation == "PutRestApi" else []
    return [(f"{service}:{found.http['method']}", arn), *policy]


def needs(
    service: str, operation: str, given: Mapping[str, Any], fixed: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The same with the values of a request. ``fixed``: Partition and Region."""
    words = {_title(name): quote(value, safe="") for name, value in given.items() if isinstance(value, str)}
    for action, template in actions(service, operation):
        if action == POLICY and b"x-amazon-apigateway-policy" not in (given.get("body") or b""):
            continue
        arn = fill(template, {**words, **fixed})
        if arn is not None:
            yield action, arn


class _Empty:
    members: Final[Mapping[str, Any]] = {}


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]
