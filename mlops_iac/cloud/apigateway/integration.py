"""What an API asks of SageMaker, in the role of its integration, and how the answer becomes the caller's."""

from __future__ import annotations

import concurrent.futures
import json
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlops_iac.cloud.apigateway.answers import failed, timed_out
from mlops_iac.cloud.apigateway.document import Route
from mlops_iac.cloud.apigateway.settings import SERVICE
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.wire import Answer

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

AT_A_TIME: Final = 64
"""Requests that wait for endpoints at the same time."""
_NAMES: Final = {"content-type": "ContentType", "accept": "Accept"}
log = logging.getLogger("mlops_iac.cloud")


class Said(NamedTuple):
    """SageMaker's answer."""

    status: int
    kind: str
    body: bytes


class Integration:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._waiting = concurrent.futures.ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="api")

    def ask(self, route: Route, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises `Refused` when the role cannot be assumed, or no answer comes in time."""
        asked = {_NAMES[to]: headers[name] for to, name in route.headers.items() if to in _NAMES and headers.get(name)}
        waiting = self._waiting.submit(self._invoke, route, asked, body)
        try:
            said = waiting.result(route.timeout)
        except concurrent.futures.TimeoutError as error:
            raise timed_out() from error
        except CannotAssume as error:
            log.warning("An API's integration failed: %s", error)
            raise failed() from error
        return shaped(route, said)

    def _invoke(self, route: Route, asked: Mapping[str, str], body: bytes) -> Said:
        from botocore.exceptions import ClientError

        clients = self._gateway.roles.clients(route.role, SERVICE, "BackplaneAssumeRoleSession", route.region)
        try:
            answer = clients("sagemaker-runtime").invoke_endpoint(EndpointName=route.endpoint, Body=body, **asked)
        except ClientError as error:
            found: Any = error.response
            status = int(found["ResponseMetadata"]["HTTPStatusCode"])
            log.info("An API's endpoint %s answered %s: %s", route.endpoint, status, error)
            return Said(status, "application/json", json.dumps({"message": found["Error"].get("Message", "")}).encode())
        return Said(200, answer.get("ContentType", "application/json"), answer["Body"].read())


def shaped(route: Route, said: Said) -> Answer:
    """By the first pattern that fits the status; what succeeded, and what none fits, is the default's."""
    patterns = (
        one for name, one in route.responses.items() if name != "default" and re.fullmatch(name, str(said.status))
    )
    chosen = next(patterns, None) or route.responses.get("default")
    if chosen is None:
        raise failed()
    template = chosen.get("responseTemplates", {}).get("application/json")
    status = int(chosen["statusCode"])
    if template is not None:
        return Answer(status, [("Content-Type", "application/json")], template.encode())
    kind = said.kind if chosen.get("responseParameters") else "application/json"
    return Answer(status, [("Content-Type", kind)], said.body)
