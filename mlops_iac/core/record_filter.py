"""Which part of a record a batch transform reads or writes: the JSONPath that SageMaker takes, and no more of it.

``$``, ``.name``, ``['name','other']``, ``[0,-1]``, ``[1:]`` and ``*``; a row of CSV is an array of its columns.
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Part = Callable[[Any], Any]

_STEP: Final = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\.?\[(?P<inside>[^\[\]]*)\]|\.(?P<all>\*)")
_NAMES: Final = re.compile(r"'[^']*'(\s*,\s*'[^']*')*")
_NUMBERS: Final = re.compile(r"-?\d{1,9}(\s*,\s*-?\d{1,9})*")
_RANGE: Final = re.compile(r"(-?\d{1,9})?\s*:\s*(-?\d{1,9})?")


class NoSuchPart(LookupError):
    """A record does not have what the filter names."""


@dataclass(frozen=True)
class RecordFilter:
    """Made by `parse_filter`."""

    text: str
    parts: tuple[Part, ...]

    def __call__(self, record: Any) -> Any:
        """What the filter picks. Raises NoSuchPart."""
        for part in self.parts:
            try:
                record = part(record)
            except (AttributeError, IndexError, KeyError, TypeError) as error:
                raise NoSuchPart(f"{self.text} names what a record does not have") from error
        return record


def parse_filter(text: str) -> RecordFilter:
    """Raises ValueError with what can be written."""
    return RecordFilter(text, tuple(_parts(text)))


def _parts(text: str) -> Iterator[Part]:
    at = 1
    while text.startswith("$") and at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            break
        yield _part(text, found)
        at = found.end()
    if not text.startswith("$") or at < len(text):
        raise ValueError(_fault(text))


def _part(text: str, found: re.Match[str]) -> Part:
    inside = (found["inside"] or "").strip()
    if found["name"]:
        return lambda value: value[str(found["name"])]
    if found["all"] or inside == "*":
        return lambda value: [*(value.values() if isinstance(value, dict) else value)]
    if _NAMES.fullmatch(inside):
        names = re.findall(r"'([^']*)'", inside)
        return lambda value: {name: value[name] for name in names} if len(names) > 1 else value[names[0]]
    if _NUMBERS.fullmatch(inside):
        numbers = [int(number) for number in inside.split(",")]
        return lambda value: [value[number] for number in numbers] if len(numbers) > 1 else value[numbers[0]]
    if span := _RANGE.fullmatch(inside):
        return lambda value: value[slice(*(int(end) if end else None for end in span.groups()))]
    raise ValueError(_fault(text))


def _fault(text: str) -> str:
    return f"`{text}` is no filter of SageMaker's: $, .name, ['name','other'], [0,-1], [1:] and * can be used"
