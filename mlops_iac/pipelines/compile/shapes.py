"""One request held against the API model that botocore carries: members, types, enums, patterns, lengths and ranges.

Documents of orchestrators hold expressions where a request has values; a `Checker` of each target knows its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mlops_iac.core.suggestions import did_you_mean

Fault = tuple[str, str]
"""Where, and what is wrong."""


class Checker:
    """Checks plain requests; a target overrides what an expression is."""

    def split(self, key: str) -> tuple[str, bool]:
        """A key's member, and whether its value is an expression."""
        return key, False

    def is_expression(self, value: Any) -> bool:
        """Whether a value stands for one that is known when the document runs."""
        return False

    def expression(self, value: Any, path: str) -> Iterator[Fault]:
        """What is wrong with an expression itself."""
        return iter(())

    def check(self, value: Any, shape: Any, path: str) -> Iterator[Fault]:
        kind = shape.type_name
        if self.is_expression(value):
            yield from self.expression(value, path)
        elif kind == "structure":
            yield from (
                self.fields(value, shape, path) if isinstance(value, Mapping) else wrong(path, "an object", value)
            )
        elif kind == "map":
            yield from self._map(value, shape, path) if isinstance(value, Mapping) else wrong(path, "an object", value)
        elif kind == "list":
            yield from self._list(value, shape, path) if isinstance(value, list) else wrong(path, "a list", value)
        elif kind == "string":
            yield from self.text(value, shape, path) if isinstance(value, str) else wrong(path, "text", value)
        elif kind == "boolean":
            yield from () if isinstance(value, bool) else wrong(path, "true or false", value)
        elif kind in ("integer", "long", "float", "double"):
            whole = kind in ("integer", "long")
            good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
            yield from size(value, value, shape, path, "is") if good else wrong(path, f"a{'n' * whole} {kind}", value)

    def fields(
        self, value: Mapping[str, Any], shape: Any, path: str, given: frozenset[str] = frozenset()
    ) -> Iterator[Fault]:
        """A structure: known members, required ones, values. ``given`` are members that somebody else fills in."""
        there = set(given)
        for key, inner in value.items():
            member, dynamic = self.split(key)
            there.add(member)
            if member not in shape.members:
                yield f"{path}.{key}", f"There is no parameter `{member}`; {did_you_mean(member, shape.members)}"
            elif dynamic:
                yield from self.expression(inner, f"{path}.{key}")
            else:
                yield from self.check(inner, shape.members[member], f"{path}.{key}")
        for member in shape.required_members:
            if member not in there:
                yield path, f"Parameter `{member}` is missing."

    def text(self, value: str, shape: Any, path: str) -> Iterator[Fault]:
        if shape.enum and value not in shape.enum:
            yield path, f"{value!r} is none of the {len(shape.enum)} values allowed; {did_you_mean(value, shape.enum)}"
        yield from size(len(value), value, shape, path, "has")
        pattern = compiled(shape.metadata.get("pattern", ""))
        if pattern is not None and not pattern.fullmatch(value):
            yield path, f"{value!r} does not match {pattern.pattern}"

    def _map(self, value: Mapping[str, Any], shape: Any, path: str) -> Iterator[Fault]:
        for key, inner in value.items():
            member, dynamic = self.split(key)
            yield from self.text(member, shape.key, f"{path}.{key}")
            yield from (
                self.expression(inner, f"{path}.{key}") if dynamic else self.check(inner, shape.value, f"{path}.{key}")
            )
        yield from size(len(value), value, shape, path, "has")

    def _list(self, value: list[Any], shape: Any, path: str) -> Iterator[Fault]:
        for index, inner in enumerate(value):
            yield from self.check(inner, shape.member, f"{path}[{index}]")
        yield from size(len(value), value, shape, path, "has")


@cache
def compiled(text: str) -> re.Pattern[str] | None:
    """A pattern of the API; None when there is none, or it is one of the few that Python cannot read (``\\p{L}``)."""
    try:
        return re.compile(text, re.S) if text else None
    except re.error:
        return None


def size(length: float, value: Any, shape: Any, path: str, verb: str) -> Iterator[Fault]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and length < low) or (high is not None and length > high):
        what = f"{value!r}" if verb == "is" else f"a length of {length}"
        allowed = f"{'any' if low is None else low} to {'any' if high is None else high}"
        yield path, f"It {verb} {what}; allowed is {allowed}."


def wrong(path: str, wanted: str, value: Any) -> Iterator[Fault]:
    yield path, f"It must be {wanted}; it is {value!r}."
