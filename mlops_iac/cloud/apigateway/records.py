"""What API Gateway has in this cloud: plain records by account, region and id, in the cloud's snapshot."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

Key = tuple[str, ...]
"""Account, region, and what identifies the record there."""

_LETTERS: Final = string.ascii_lowercase + string.digits
KINDS: Final = {
    "api": "Invalid API identifier specified {account}:{id}",
    "deployment": "Invalid Deployment identifier specified",
    "key": "Invalid API Key identifier specified",
    "plan": "Invalid Usage Plan ID specified",
    "plan-key": "Invalid API Key identifier specified",
    "stage": "Invalid stage identifier specified",
}
"""Kinds of records, and AWS's words where there is none."""


class Records:
    """By kind. Callers hold the gateway's lock."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def of(self, kind: str) -> dict[Key, dict[str, Any]]:
        return self._gateway.store[f"apigateway.{kind}"]

    def find(self, kind: str, key: Key) -> dict[str, Any] | None:
        return self.of(kind).get(key)

    def get(self, kind: str, key: Key) -> dict[str, Any]:
        """Raises `AwsError` in AWS's words."""
        found = self.find(kind, key)
        if found is None:
            raise AwsError("NotFoundException", KINDS[kind].format(account=key[0], id=key[2]), 404)
        return found

    def under(self, kind: str, *start: str) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Records whose keys begin so."""
        yield from [(key, one) for key, one in self.of(kind).items() if key[: len(start)] == start]

    def find_api(self, id: str) -> tuple[Key, dict[str, Any]] | None:
        """An API by its id alone, whoever owns it: an address names no account."""
        return next(((key, one) for key, one in self.of("api").items() if key[2] == id), None)


def place(call: Call, *ids: str) -> Key:
    return (call.account_id, call.region, *ids)


def new_id() -> str:
    """Ten letters and digits, as AWS's."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message, 400)


def given(call: Call, *names: str) -> dict[str, Any]:
    """Those parameters that the caller said."""
    return {name: call.params[name] for name in names if call.params.get(name) is not None}
