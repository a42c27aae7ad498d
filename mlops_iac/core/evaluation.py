"""What an evaluation step leaves behind, ``evaluation.json``: numbers under names, nested as the script likes.

Two forms are usual: ``{"metrics": {"auc": 0.99}}``, and that of AWS's samples, ``{"regression_metrics": {"mse":
{"value": 4.9}}}``. A metric's plain name is looked up below ``metrics``; a path with dots starts at the file's top.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mlops_iac.core.strict_json import finite, read_json

METRICS: Final = "metrics"

SIGNS: Final[Mapping[str, str]] = {"at_least": ">=", "at_most": "<="}
"""A gate's direction as it is shown before its bound."""

HOLDS: Final[Mapping[str, Callable[[float, float], bool]]] = {"at_least": operator.ge, "at_most": operator.le}
"""A gate's direction as a question about a metric and its bound."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""What is read of a file. What a gate can read is its orchestrator's to say, and may be less."""

MOST_SHOWN: Final = 100
"""Numbers of one file that are shown; a confusion matrix has more."""

_BOM: Final = b"\xef\xbb\xbf"


def metric_keys(metric: str) -> tuple[str, ...]:
    """``auc`` to ``("metrics", "auc")``; ``regression_metrics.mse.value`` to its three keys."""
    keys = tuple(metric.split("."))
    return keys if len(keys) > 1 else (METRICS, *keys)


def read_numbers(body: bytes) -> dict[str, float]:
    """Every finite number in the file by its dotted name, without ``metrics.``; none when it is no JSON object."""
    try:
        document = _parse(body)
    except ValueError:
        return {}
    found: dict[str, float] = {}
    for path, value in _leaves(document):
        # A number at the very top has no name that a gate could ask for.
        if len(path) > 1 and _is_number(value) and len(found) < MOST_SHOWN:
            found[".".join(path[1:] if path[0] == METRICS else path)] = value
    return found


def find_fault(body: bytes | None, key: str, metric: str, most: int = MOST_BYTES, size: int = 0) -> str:
    """Why a gate cannot compare this metric, in a sentence that names the file; empty when it can.

    ``body`` is the file, or as much of it as shows that it is too large, and None when there is none; ``key`` is where
    it lies, or would. The gate reads at most ``most`` bytes; ``size``: how many there are, where more than the body.
    """
    if body is None:
        return f"{key} does not exist: the evaluation wrote no such file."
    if len(body) > most:
        whole = max(size, len(body))
        return (
            f"{key} is too large: it has {whole:,} bytes, and a gate of this orchestrator reads at most {most:,} bytes."
        )
    if body.startswith(_BOM):
        return f"{key} starts with a byte order mark, which JSON does not have: write it as plain UTF-8."
    try:
        document = _parse(body)
    except ValueError as error:
        return f"{key} is not JSON: {error}."
    for path, value in _leaves(document):
        if isinstance(value, int | float) and not isinstance(value, bool) and not _is_number(value):
            return f"{key}: `{'.'.join(path)}` is {_shown(value)}, which JSON cannot hold."
    return _fault_of(document, key, metric)


def _fault_of(document: Any, key: str, metric: str) -> str:
    value = document
    for name in metric_keys(metric):
        if not isinstance(value, Mapping) or name not in value:
            there = ", ".join(str(name) for name in list(value)[:10]) if isinstance(value, Mapping) else ""
            return f"{key} has no `{'.'.join(metric_keys(metric))}`" + (f"; it has: {there}." if there else ".")
        value = value[name]
    if _is_number(value):
        return ""
    kind = {str: "text", bool: "a truth value", list: "a list", type(None): "null"}.get(type(value), "an object")
    return f"{key}: `{metric}` is {kind}, not a number: {_shown(value)}."


def _parse(body: bytes) -> Any:
    """ValueError for what is no JSON, and for what is too deep or too large to be one of ours."""
    if len(body) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
    return read_json(body, finite=False)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything that is no object, by its path. Lists are walked too: NaN hides in them."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        inner: Iterator[tuple[Any, Any]] | None = None
        if isinstance(value, Mapping):
            inner = iter(value.items())
        elif isinstance(value, list):
            inner = iter(enumerate(value))
        if inner is None:
            if path:
                yield path, value
        else:
            waiting += reversed([((*path, str(name)), item) for name, item in inner])


def _is_number(value: Any) -> bool:
    return finite(value) is not None


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1024:
        return "a number of more than 300 digits"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
