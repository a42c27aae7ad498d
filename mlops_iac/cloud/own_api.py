"""The embedded cloud's own small API, beside AWS's: ``GET health``, ``POST save``, ``POST reset``, ``POST stop``.

Anybody may ask for the health, which proves that the cloud has its token; everything else takes the owner's key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from mlops_iac.cloud.own_calls import CHALLENGE, PREFIX, authorization
from mlops_iac.cloud.token import Token
from mlops_iac.cloud.wire import Answer
from mlops_iac.core.strict_json import read_json

Functions = Mapping[tuple[str, str], Callable[..., dict[str, Any]]]
"""By method and name. One that takes an argument gets what the request's body says, as JSON."""


def answer(functions: Functions, environ: Mapping[str, Any], body: bytes, token: Token) -> Answer:
    """Call the function of a path; answers JSON."""
    if environ["PATH_INFO"] == f"{PREFIX}health" and environ["REQUEST_METHOD"] == "GET":
        proof = token.prove(environ.get("HTTP_" + CHALLENGE.upper().replace("-", "_"), ""))
        return _json(200, {**functions["GET", "health"](), "proof": proof})
    given = environ.get("HTTP_AUTHORIZATION", "")
    if not hmac.compare_digest(given.encode(), authorization(token.owner)["Authorization"].encode()):
        return _json(403, {"error": "Only the owner of this embedded cloud may ask."})
    function = functions.get((environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PREFIX)))
    if function is None:
        known = sorted(f"{method} {PREFIX}{name}" for method, name in functions)
        return _json(404, {"error": "No such function.", "known": known})
    try:
        arguments = (read_json(body),) if body else ()
    except ValueError as error:
        return _json(400, {"error": f"The body is not JSON: {error}."})
    return _json(200, function(*arguments))


def _json(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value, default=str).encode())
