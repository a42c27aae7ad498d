"""The embedded cloud's own small API, beside AWS's: ``GET health``, ``POST save``, ``POST reset``, ``POST stop``.

Anybody may ask for the health, which proves that the cloud has its token; everything else takes the owner's key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from mlops_iac.clients import Credentials
from mlops_iac.cloud.token import Token
from mlops_iac.cloud.wire import Answer

PREFIX: Final = "/_mlops-iac/"

CHALLENGE: Final = "X-Mlops-Iac-Challenge"
"""The header whose value the health answers with `Token.prove`, as ``proof``."""

Functions = Mapping[tuple[str, str], Callable[[], dict[str, Any]]]


def authorization(owner: Credentials) -> dict[str, str]:
    """The header that a caller of this API sends."""
    return {"Authorization": f"Bearer {owner.access_key}"}


def answer(functions: Functions, environ: Mapping[str, Any], token: Token) -> Answer:
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
    return _json(200, function())


def _json(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value, default=str).encode())
