"""JSON of strangers, and ours: read strictly and within bounds, written so that any reader takes it.

Python's reader takes NaN and Infinity, which JSON has not (RFC 8259, section 6), overflows `1e999` to infinity, fails
on an integer of 5,000 digits with an error of its own, and answers trees and halves of characters that cannot be
written again.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

DEEPEST: Final = 100
"""Levels of a document. The writer recurses, and Python ends recursion at a thousand frames."""

MOST_DIGITS: Final = 400
"""Digits of an integer that is read at all. A 64-bit float, which is what other readers have, holds 309."""

LARGEST_FILE: Final = 16 * 1024 * 1024
"""Bytes of a file that is read whole, where its reader does not say otherwise."""

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Half of a character, which JSON can spell and nothing can write (RFC 8259, section 8.2)."""


class NotStrictJson(ValueError):
    """It is no JSON, or more than a reader can be asked to take; the message says which, without a full stop."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_json(text: str | bytes, *, finite: bool = True) -> Any:
    """The value; raises `NotStrictJson`, and nothing else, whatever is in the text.

    Without ``finite``, NaN, infinities and integers larger than any float are passed on, for who can say where in the
    document they stand.
    """
    checks: dict[str, Any] = {"parse_int": _int}
    if finite:
        checks = {"parse_constant": _refuse_constant, "parse_float": _float, "parse_int": _finite_int}
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, **checks)
    except NotStrictJson:
        raise
    except UnicodeDecodeError as error:
        raise NotStrictJson(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotStrictJson(f"{error.msg} at line {error.lineno}", error.lineno) from error
    except RecursionError as error:
        raise NotStrictJson("it is nested too deep") from error
    # Counting brackets costs a hundredth of walking the tree, and most texts have too few to be deep.
    if text.count("[") + text.count("{") > DEEPEST and _is_deeper(value, DEEPEST):
        raise NotStrictJson(f"it is nested too deep: more than {DEEPEST} levels")
    if _SURROGATE.search(text) and not _is_text(value):
        raise NotStrictJson("it holds half of a surrogate pair, which no text has")
    return value


def read_json_file(path: Path, *, finite: bool = True, most: int = LARGEST_FILE) -> Any:
    """The value in a file of ``most`` bytes at most; raises `NotStrictJson`, and OSError when it cannot be opened.

    A pipe or a device that stands in the file's place is refused, and is not waited for.
    """
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise NotStrictJson("it is not a file")
        text = opened.read(most + 1)
    if len(text) > most:
        raise NotStrictJson(f"it has more than {most:,} bytes")
    return read_json(text, finite=finite)


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


def _finite_int(text: str) -> int:
    value = _int(text)
    if finite(value) is None:
        raise NotStrictJson(f"it holds an integer of {len(text.lstrip('-'))} digits, larger than a number can be")
    return value


def _is_text(value: Any) -> bool:
    """Whether all of it can be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_deeper(value: Any, levels: int) -> bool:
    """By levels, without recursion: the tree may be as deep as the reader let it be.

    The reader makes plain mappings and lists, and asking for just these takes a third of the time.
    """
    layer = [value] if type(value) in (dict, list) else []
    for _ in range(levels):
        layer = [
            item
            for parent in layer
            for item in (parent.values() if type(parent) is dict else parent)
            if type(item) is dict or type(item) is list
        ]
        if not layer:
            return False
    return True
