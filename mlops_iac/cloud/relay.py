"""Calls of AWS's API that the embedded cloud makes for somebody who has not loaded boto3.

A command that asks for a few small things, as `runs` and `predict` do, spends more than half of its time on importing
boto3 and reading its descriptions, which the cloud's process holds already. So it asks the cloud, by its own API, for a
call of boto3's client, and gets what that client answered: through the same gateway, signed by the same owner. What a
relay is not for (pages, waiters, bodies that are large) is done by boto3's client here.

The same call for each of many things (`Clients.many`) is one request. Where a part of this cloud says how
(`Gateway.at_once`), it is answered without the wire's formats, which are most of what a small call costs.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT, READ_TIMEOUT, Answered, Clients
from mlops_iac.cloud import own_calls
from mlops_iac.core.errors import CloudError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

FUNCTION: Final = "call"
FUNCTION_OF_MANY: Final = "calls"

MOST_AT_ONCE: Final = 1000
"""Calls of one request."""

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a body, either way: it is whole in memory here, as text. An endpoint's answer is never larger; an object may be,
and is then read by boto3, which streams it."""

_BYTES, _TIME, _BODY = "$bytes", "$time", "$body"
"""How values that JSON does not know are marked; a mapping that has such a key of its own is not relayed."""


class Refused(Exception):
    """What a cloud refused, as botocore's ClientError has it."""

    def __init__(self, response: dict[str, Any], operation_name: str) -> None:
        error = response.get("Error", {})
        code, message = error.get("Code"), error.get("Message")
        super().__init__(f"An error occurred ({code}) when calling the {operation_name} operation: {message}")
        self.response, self.operation_name = response, operation_name


def relayed(direct: Clients) -> Clients:
    """Clients of the same place whose calls are relayed; ``direct`` are asked where that is not possible."""
    assert direct.endpoint
    line = own_calls.Line(direct.endpoint, timeout=READ_TIMEOUT)
    return Clients(
        region=direct.region,
        endpoint=direct.endpoint,
        make=lambda service: _Client(direct, service, line),
        account_id=lambda: direct.account_id,
        credentials=direct.credentials,
        many=lambda clients, service, method, asked: clients(service).relay_many(method, asked),
    )


class _Client:
    def __init__(self, direct: Clients, service: str, line: own_calls.Line) -> None:
        self._direct, self._service, self._line = direct, service, line

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*positional: Any, **arguments: Any) -> Any:
            try:
                given = None if positional else encode(arguments)
            except TypeError:
                given = None
            if given is None:
                return getattr(self._direct(self._service), method)(*positional, **arguments)
            return self._read(method, arguments, self._relay(FUNCTION, method, {"arguments": given}))

        return call

    def relay_many(self, method: str, asked: Sequence[Mapping[str, Any]]) -> list[Answered]:
        """One call for each of several arguments."""
        answers: list[Answered] = []
        for start in range(0, len(asked), MOST_AT_ONCE):
            some = asked[start : start + MOST_AT_ONCE]
            told = self._relay(FUNCTION_OF_MANY, method, {"calls": [encode(one) for one in some]})
            for arguments, one in zip(some, told["calls"], strict=True):
                try:
                    answers.append(self._read(method, arguments, one))
                except Exception as error:
                    answers.append(error)
        return answers

    def _read(self, method: str, arguments: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
        """What the cloud's client answered; one that says nothing is not for a relay."""
        if not told:
            return getattr(self._direct(self._service), method)(**arguments)
        if "failed" in told:
            raise CloudError("Cloud call failed.", f"{self._service}:{method}: {told['failed']}")
        if "refused" in told:
            raise Refused(decode(told["refused"]), told["operation"])
        return decode(told["answer"])

    def _relay(self, function: str, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        asked = {"region": self._direct.region, "service": self._service, "method": method, **given}
        assert self._direct.credentials
        headers = own_calls.authorization(self._direct.credentials)
        try:
            return self._line.call("POST", function, headers=headers, given=asked)
        except (OSError, HTTPException) as error:
            raise CloudError(
                "Cloud cannot be reached.",
                f"{self._service}:{method}: {error}",
                hint="`mlops-iac cloud status` tells whether the embedded cloud runs, and `cloud start` starts it.",
                code=type(error).__name__,
            ) from error


def install(gateway: Gateway) -> None:
    gateway.own["POST", FUNCTION] = lambda asked: make_call(gateway.clients, asked)
    gateway.own["POST", FUNCTION_OF_MANY] = lambda asked: make_calls(gateway, asked)


def make_call(clients: Callable[[str], Clients], asked: Mapping[str, Any]) -> dict[str, Any]:
    """In the cloud's process: what boto3's client answers or refuses; empty when the caller is to ask it himself."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    client = clients(asked["region"])(asked["service"])
    if asked["method"] not in client.meta.method_to_api_mapping:
        return {}
    try:
        output = getattr(client, asked["method"])(**decode(asked["arguments"]))
    except ClientError as error:
        return {"refused": encode(error.response), "operation": error.operation_name}
    except ParamValidationError:
        return {}  # nothing was sent; the caller's own boto3 says it to him
    except BotoCoreError as error:
        return {"failed": str(error)}
    try:
        return {"answer": encode(output)}
    except TypeError:
        return {}


def make_calls(gateway: Gateway, asked: Mapping[str, Any]) -> dict[str, Any]:
    """In the cloud's process: what is answered to each. What is more than `MOST_BYTES` in all is left to the caller."""
    answers: list[dict[str, Any]] = []
    size = 0
    for arguments in asked["calls"]:
        told: dict[str, Any] = {}
        if size <= MOST_BYTES:
            told = _at_once(gateway, asked, arguments) or make_call(gateway.clients, {**asked, "arguments": arguments})
            size += sum(len(value[_BODY]) for value in told.get("answer", {}).values() if _is_body(value))
        answers.append(told)
    return {"calls": answers}


def _at_once(gateway: Gateway, asked: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Empty where no part of the cloud answers this so."""
    from mlops_iac.cloud.wire import AwsError, Call

    fn = gateway.at_once.get((asked["service"], asked["method"]))
    if fn is None:
        return {}
    gateway.prepare(asked["service"])
    operation, region = asked["method"].title().replace("_", ""), asked["region"]
    call = Call(
        service=asked["service"],
        operation=operation,
        params=decode(arguments),
        account_id=DEFAULT_ACCOUNT,
        region=region,
        headers={},
    )
    try:
        output = fn(call)
        return {} if output is None else {"answer": encode(output)}
    except AwsError as error:
        return {"refused": {"Error": {"Code": error.code, "Message": error.message}}, "operation": operation}
    except TypeError:
        return {}


def _is_body(value: Any) -> bool:
    return isinstance(value, dict) and _BODY in value


def encode(value: Any) -> Any:
    """As JSON has it; TypeError for what it cannot say."""
    if isinstance(value, Mapping):
        if not value.keys().isdisjoint((_BYTES, _TIME, _BODY)):
            raise TypeError("a key means something else here")
        return {name: encode(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    if isinstance(value, datetime):
        return {_TIME: (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()}  # moto's have no zone
    if isinstance(value, bytes | bytearray):
        return {_BYTES: _text(bytes(value))}
    if hasattr(value, "read"):
        return {_BODY: _text(value.read(MOST_BYTES + 1))}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no JSON for {type(value).__name__}")


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise TypeError("too large to be relayed")
    return base64.b64encode(content).decode()


def decode(value: Any) -> Any:
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _TIME in value:
        return datetime.fromisoformat(value[_TIME])
    if _BYTES in value:
        return base64.b64decode(value[_BYTES])
    if _BODY in value:
        return io.BytesIO(base64.b64decode(value[_BODY]))
    return {name: decode(each) for name, each in value.items()}
