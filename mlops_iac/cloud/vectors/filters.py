"""Metadata filters, in the language of S3 Vectors: "Metadata filtering" in the S3 user guide.

>>> matches = compile_filter({"year": {"$gte": 2020}, "kind": "guide"}, hidden=frozenset())
>>> matches({"year": 2024, "kind": "guide"})
True
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from mlops_iac.cloud.vectors.limits import invalid
from mlops_iac.cloud.wire import AwsError

Matches = Callable[[Mapping[str, Any]], bool]

_NOTHING: Final = object()
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def compile_filter(document: Any, hidden: frozenset[str]) -> Matches:
    """What tells whether a vector's metadata match. ``hidden`` are keys that no filter may name."""
    if not isinstance(document, Mapping) or not document:
        raise _bad("it must be an object that is not empty")
    return _all([_part(name, asked, hidden) for name, asked in document.items()])


def _part(name: str, asked: Any, hidden: frozenset[str]) -> Matches:
    if name in ("$and", "$or"):
        if not isinstance(asked, list) or not asked:
            raise _bad(f"{name} takes a list of filters that is not empty")
        parts = [compile_filter(one, hidden) for one in asked]
        return _all(parts) if name == "$and" else _any(parts)
    if name.startswith("$"):
        raise _bad(f"{name} is no operator that stands alone; $and and $or do")
    if name in hidden:
        raise _bad(f"'{name}' is a non-filterable metadata key")
    if not isinstance(asked, Mapping):
        return _compare(name, "$eq", asked)
    if not asked:
        raise _bad(f"'{name}' has no operator")
    return _all([_compare(name, word, value) for word, value in asked.items()])


def _compare(name: str, word: str, value: Any) -> Matches:
    """One operator on one key. A list in the metadata matches when one of its elements does."""
    if word in _ORDERS:
        if not _is_number(value):
            raise _bad(f"{word} takes a number")
        order = _ORDERS[word]
        return lambda found: any(_is_number(one) and order(one, value) for one in _values(found.get(name, _NOTHING)))
    if word in ("$in", "$nin"):
        if not isinstance(value, list) or not value or not all(map(_is_primitive, value)):
            raise _bad(f"{word} takes a list of strings, numbers or booleans that is not empty")
        wanted = value
    elif word in ("$eq", "$ne"):
        if not _is_primitive(value):
            raise _bad(f"{word} takes a string, a number or a boolean")
        wanted = [value]
    elif word == "$exists":
        if not isinstance(value, bool):
            raise _bad("$exists takes a boolean")
        return lambda found: (name in found) is value
    else:
        raise _bad(f"{word} is no operator")
    hit = word in ("$eq", "$in")
    return lambda found: any(_same(one, want) for one in _values(found.get(name, _NOTHING)) for want in wanted) is hit


def _values(found: Any) -> list[Any]:
    if found is _NOTHING:
        return []
    return found if isinstance(found, list) else [found]


def _same(one: Any, other: Any) -> bool:
    """In Python True is 1; here a truth value is no number."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_primitive(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


def _all(parts: list[Matches]) -> Matches:
    return parts[0] if len(parts) == 1 else lambda found: all(part(found) for part in parts)


def _any(parts: list[Matches]) -> Matches:
    return lambda found: any(part(found) for part in parts)


def _bad(why: str) -> AwsError:
    return invalid(f"Invalid filter: {why}")
