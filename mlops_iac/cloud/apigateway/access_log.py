"""One line for each request, in the format that a stage says, written by the account's role for API Gateway.

Variables: "Variables for access logging for API Gateway" (API Gateway developer guide). One that has no value is ``-``.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlops_iac.cloud.apigateway.records import Records, bad_request, place
from mlops_iac.cloud.apigateway.settings import SERVICE
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_VARIABLE: Final = re.compile(r"\$context\.([\w.]+)")
_GROUP: Final = re.compile(r"arn:[\w-]+:logs:[\w-]+:\d+:log-group:(?P<name>[^:*]+)")
log = logging.getLogger("mlops_iac.cloud")


class Line(NamedTuple):
    role: str
    region: str
    group: str
    stream: str
    text: str
    at: int
    """Milliseconds since 1970."""


def check(records: Records, call: Call, settings: Mapping[str, str]) -> None:
    """What AWS asks of a stage's access log. Raises `AwsError`."""
    if not settings:
        return
    if not records.of("account").get(place(call), {}).get("cloudwatchRoleArn"):
        raise bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging")
    if "destinationArn" in settings and _GROUP.match(settings["destinationArn"]) is None:
        raise AwsError("NotImplemented", "The embedded cloud writes access logs to log groups only.", 501)
    form = settings.get("format", "")
    if form and "$context.requestId" not in form and "$context.extendedRequestId" not in form:
        raise bad_request("Access Log format must contain $context.requestId or $context.extendedRequestId")


def fill(form: str, facts: Mapping[str, Any]) -> str:
    """A format with the values of a request."""
    return _VARIABLE.sub(lambda found: str(facts.get(found[1], "-")), form)


class AccessLog:
    """Writes in a thread of its own: nobody waits for a line."""

    def __init__(self, gateway: Gateway, records: Records) -> None:
        self._gateway, self._records = gateway, records
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._streams: set[tuple[str, str, str]] = set()
        self._thread: threading.Thread | None = None

    def install(self) -> None:
        self._gateway.on_stop(self.stop)

    def note(self, place: tuple[str, str], api: str, stage: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """The caller holds the gateway's lock."""
        settings = stage.get("accessLogSettings") or {}
        group = _GROUP.match(settings.get("destinationArn", ""))
        role = self._records.of("account").get(place, {}).get("cloudwatchRoleArn", "")
        if group is None or not role:
            return
        text = fill(settings.get("format", ""), facts)
        self._lines.put(
            Line(role, place[1], group["name"], f"{api}/{stage['stageName']}", text, int(time.time() * 1000))
        )
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="access-log", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join(2.0)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._put(line)
            except Exception as error:
                log.warning("A line of %s was not written: %s", line.group, error)

    def _put(self, line: Line) -> None:
        logs = self._gateway.roles.clients(line.role, SERVICE, "BackplaneAssumeRoleSession", line.region)("logs")
        place = (line.region, line.group, line.stream)
        if place not in self._streams:
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_stream(logGroupName=line.group, logStreamName=line.stream)
            self._streams.add(place)
        event = {"timestamp": line.at, "message": line.text}
        logs.put_log_events(logGroupName=line.group, logStreamName=line.stream, logEvents=[event])
