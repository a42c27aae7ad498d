"""Calls of AWS's API that the embedded cloud makes for somebody who has not loaded boto3.

A command that asks for a few small things, as `runs` and `predict` do, spends more than half of its time on importing
boto3 and reading its descriptions, which the cloud's process holds already. So it asks the cloud, by its own API, for a
call of boto3's client, and gets what that client answered: through the same gateway, signed by the same owner. What a
relay is not for (pages, waiters, bodies that are large) is done by boto3's client here.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import READ_TIMEOUT, Clients
from mlops_iac.cloud import own_calls
from mlops_iac.core.errors import CloudError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

FUNCTION: Final = "call"

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
    return Clients(
        region=direct.region,
        endpoint=direct.endpoint,
        make=lambda service: _Client(direct, service),
        account_id=lambda: direct.account_id,
        credentials=direct.credentials,
    )


class _Client:
    def __init__(self, direct: Clients, service: str) -> None:
        self._direct, self._service = direct, service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*positional: Any, **arguments: Any) -> Any:
            told = None if positional else self._relay(method, arguments)
            if told is None:
                return getattr(self._direct(self._service), method)(*positional, **arguments)
            if "failed" in told:
                raise CloudError("Cloud call failed.", f"{self._service}:{method}: {told['failed']}")
            if "refused" in told:
                raise Refused(decode(told["refused"]), told["operation"])
            return decode(told["answer"])

        return call

    def _relay(self, method: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """What the cloud says; None when this call is not for a relay."""
        try:
            given = encode(arguments)
        except TypeError:
            return None
        asked = {"region": self._direct.region, "service": self._service, "method": method, "arguments": given}
        assert self._direct.endpoint
        assert self._direct.credentials
        headers = own_calls.authorization(self._direct.credentials)
        try:
            told = own_calls.call(
                self._direct.endpoint, "POST", FUNCTION, timeout=READ_TIMEOUT, headers=headers, given=asked
            )
        except (OSError, HTTPException) as error:
            raise CloudError(
                "Cloud cannot be reached.",
                f"{self._service}:{method}: {error}",
                hint="`mlops-iac cloud status` tells whether the embedded cloud runs, and `cloud start` starts it.",
                code=type(error).__name__,
            ) from error
        return told if told else None


def install(gateway: Gateway) -> None:
    gateway.own["POST", FUNCTION] = lambda asked: make_call(gateway.clients, asked)


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


def encode(value: Any) -> Any:
    """As JSON has it; TypeError for what it cannot say."""
    if isinstance(value, Mapping):
        if not value.keys().isdisjoint((_BYTES, _TIME, _BODY)):
            raise TypeError("a key means something else here")
        return {name: encode(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
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
