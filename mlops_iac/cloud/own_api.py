"""The embedded cloud's own small API, beside AWS's: ``GET health``, ``POST save``, ``POST reset``, ``POST stop``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from mlops_iac.cloud.wire import Answer

PREFIX: Final = "/_mlops-iac/"

Functions = Mapping[tuple[str, str], Callable[[], dict[str, Any]]]


def answer(functions: Functions, environ: Mapping[str, Any]) -> Answer:
    """Call the function of a path; answers JSON."""
    function = functions.get((environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PREFIX)))
    if function is None:
        known = sorted(f"{method} {PREFIX}{name}" for method, name in functions)
        return _json(404, {"error": "No such function.", "known": known})
    return _json(200, function())


def _json(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value, default=str).encode())
