"""JSON of strangers, and ours: read strictly and within bounds, written so that any reader takes it.

Python's reader takes NaN and Infinity, which JSON has not (RFC 8259, section 6), overflows `1e999` to infinity, fails
on an integer of 5,000 digits with an error of its own, and answers trees that its writer cannot write again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn

DEEPEST: Final = 100
"""Levels of a document. The writer recurses, and Python ends recursion at a thousand frames."""

MOST_DIGITS: Final = 400
"""Digits of an integer. A 64-bit float, which is what readers have, holds 309."""


class NotStrictJson(ValueError):
    """It is no JSON, or more than a reader can be asked to take; the message says which, without a full stop."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_json(text: str | bytes, *, finite: bool = True) -> Any:
    """The value; raises `NotStrictJson`, and nothing else, whatever is in the text.

    Without ``finite``, NaN and infinities are passed on, for who can say where in the document they stand.
    """
    checks: dict[str, Any] = {"parse_constant": _refuse_constant, "parse_float": _float} if finite else {}
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, parse_int=_int, **checks)
    except NotStrictJson:
        raise
    except UnicodeDecodeError as error:
        raise NotStrictJson(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotStrictJson(f"{error.msg} at line {error.lineno}", error.lineno) from error
    except RecursionError as error:
        raise NotStrictJson("it is nested too deep") from error
    if _is_deeper(value, DEEPEST):
        raise NotStrictJson(f"it is nested too deep: more than {DEEPEST} levels")
    return value


def write_json(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Text that every reader of JSON takes: a number that JSON cannot hold is null, what is no JSON is its `str`."""
    return json.dumps(_cleaned(value, DEEPEST), indent=indent, sort_keys=sort_keys, allow_nan=False, default=str)


def finite(value: Any) -> float | int | None:
    """A number that a 64-bit float can hold, as it is; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(float(value)) else None
    except OverflowError:
        return None


def _cleaned(value: Any, levels: int) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value).bit_length() < MOST_DIGITS * 3 else None
    if not isinstance(value, Mapping | list | tuple):
        return value
    if levels == 0:
        return None
    if isinstance(value, Mapping):
        return {key: _cleaned(item, levels - 1) for key, item in value.items()}
    return [_cleaned(item, levels - 1) for item in value]


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrictJson(f"it holds {name}, which JSON has not")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotStrictJson(f"it holds {text[:40]}, which is larger than a number can be")
    return value


def _int(text: str) -> int:
    digits = len(text.lstrip("-"))
    if digits > MOST_DIGITS + 1:
        raise NotStrictJson(f"it holds an integer of {digits:,} digits; {MOST_DIGITS} are the most")
    return int(text)


def _is_deeper(value: Any, levels: int) -> bool:
    """By levels, without recursion: the tree may be as deep as the reader let it be."""
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for parent in layer
            if isinstance(parent, Mapping | list)
            for item in (parent.values() if isinstance(parent, Mapping) else parent)
            if isinstance(item, Mapping | list)
        ]
        if not layer:
            return False
    return True
