"""Calls of the embedded cloud's own API (`own_api.py`), from outside its process. Needs neither moto nor boto3."""

from __future__ import annotations

import json
from http.client import HTTPConnection
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
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=timeout)
    try:
        connection.request(method, PREFIX + function, None if given is None else json.dumps(given), headers)
        response = connection.getresponse()
        body = read_json(response.read())
    finally:
        connection.close()
    if response.status != 200 or not isinstance(body, dict):
        raise CloudError(
            "The embedded cloud refused a request.",
            f"{method} {function}: {response.status} {body}",
            hint="`mlops-iac cloud stop`, then `mlops-iac cloud start`; cloud.log in its folder says why.",
        )
    return body
