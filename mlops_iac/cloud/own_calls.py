"""Calls of the embedded cloud's own API (`own_api.py`), from outside its process. Needs neither moto nor boto3."""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any, Final
from urllib.parse import urlsplit

from mlops_iac.clients import Credentials
from mlops_iac.core.errors import CloudError
from mlops_iac.core.strict_json import read_json

PREFIX: Final = "/_mlops-iac/"

CHALLENGE: Final = "X-Mlops-Iac-Challenge"
"""The header whose value the health answers with `Token.prove`, as ``proof``."""


def authorization(owner: Credentials) -> dict[str, str]:
    """The header that a caller of this API sends."""
    return {"Authorization": f"Bearer {owner.access_key}"}


def call(
    endpoint: str, method: str, function: str, *, timeout: float, headers: dict[str, str], given: Any = None
) -> dict[str, Any]:
    """Call a function of the own API on loopback; ``given`` is its argument, if it takes one.

    Raises CloudError when it refuses, OSError and HTTPException when it cannot be reached.
    """
    line = Line(endpoint, timeout=timeout)
    try:
        return line.call(method, function, headers=headers, given=given)
    finally:
        line.close()


class Line:
    """A connection that stays open for the next call: the cloud looks up who is at the other end of each new one, which
    takes longer than most answers. Each thread has its own."""

    def __init__(self, endpoint: str, *, timeout: float) -> None:
        self._netloc, self._timeout = urlsplit(endpoint).netloc, timeout
        self._local = threading.local()

    def call(self, method: str, function: str, *, headers: dict[str, str], given: Any = None) -> dict[str, Any]:
        """As `call`."""
        body = None if given is None else json.dumps(given)
        try:
            response = self._ask(method, function, body, headers)
            answer = response.read()
        except BaseException:
            self.close()
            raise
        return _read(f"{method} {function}", response.status, answer)

    def close(self) -> None:
        """The connection of this thread."""
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _ask(self, method: str, function: str, body: str | None, headers: dict[str, str]) -> HTTPResponse:
        """One that was left open may have been closed at the other end since, and what is sent on it reaches nobody."""
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                connection.request(method, PREFIX + function, body, headers)
                return connection.getresponse()
            except (RemoteDisconnected, ConnectionError):
                self.close()
        connection = self._local.connection = HTTPConnection(self._netloc, timeout=self._timeout)
        connection.request(method, PREFIX + function, body, headers)
        return connection.getresponse()


def _read(asked: str, status: int, answer: bytes) -> dict[str, Any]:
    body = read_json(answer)
    if status != 200 or not isinstance(body, dict):
        raise CloudError(
            "The embedded cloud refused a request.",
            f"{asked}: {status} {body}",
            hint="`mlops-iac cloud stop`, then `mlops-iac cloud start`; cloud.log in its folder says why.",
        )
    return body
