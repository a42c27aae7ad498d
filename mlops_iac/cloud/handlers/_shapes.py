"""From Pulumi's camelCase inputs to an AWS call's parameters, by botocore's own service models. Pure.

Names match without regard to case, to a plural's ``s`` and to a trailing ``List``; what does not match by name
is in a handler's ``renames``. Types, enums, lengths and ranges are checked on the way, so a wrong value is
refused in a preview. Messages never show a value that could be a secret: only enum members and numbers are
repeated.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.core.errors import CloudError
from mlops_iac.core.service_models import get_model
from mlops_iac.core.strict_json import read_json
from mlops_iac.core.suggestions import nearest
from mlops_iac.engine.values.value import UNKNOWN

SHOWN: Final = 12
"""Allowed values shown in an error, at most."""


@functools.cache
def input_shape(service: str, operation: str) -> Any:
    """The shape of a call's parameters."""
    return get_model(service).operation_model(operation).input_shape


@functools.cache
def normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_member(shape: Any, name: str) -> str | None:
    """The member of a structure that a Pulumi property means by its name, or None."""
    word = normal(name)
    members = {normal(member): member for member in shape.members}
    singular = re.sub(r"ies$", "y", word) if word.endswith("ies") else word.removesuffix("s")
    stem = word.removesuffix("lists").removesuffix("list")
    for candidate in (word, f"{word}s", singular, f"{word}list", f"{singular}list", stem, f"{stem}s"):
        if candidate in members:
            return members[candidate]
    return None


@dataclass(frozen=True)
class Converter:
    """Converts one resource's inputs; ``renames`` maps a dotted Pulumi path to the member it means."""

    type: str
    renames: Mapping[str, str] = field(default_factory=dict)

    def member(self, shape: Any, path: str) -> str | None:
        name = self.renames.get(path)
        if name is not None:
            return name if name in shape.members else None
        return find_member(shape, path.rsplit(".", 1)[-1])

    def convert(self, shape: Any, value: Any, path: str) -> Any:
        """One value in the API's form. UNKNOWN stays UNKNOWN wherever it stands."""
        if value is UNKNOWN:
            return value
        if shape.type_name in ("structure", "list", "map"):
            return getattr(self, f"_{shape.type_name}")(shape, value, path)
        return self._scalar(shape, value, path)

    def _structure(self, shape: Any, value: Any, path: str) -> Any:
        if isinstance(value, list) and len(value) == 1:  # Terraform writes a block that occurs once as a list of one
            value = value[0]
        if value is UNKNOWN:
            return value
        if not isinstance(value, Mapping):
            raise self._wrong_type(path, "an object", value)
        converted = {}
        for key, inner in value.items():
            if inner is None:
                continue
            inner_path = f"{path}.{key}"
            member = self.member(shape, inner_path)
            if member is None:
                raise CloudError(
                    "Unknown property.",
                    f"`{self.type}` has no `{inner_path}`; known there: {_listed(shape.members)}.",
                    hint=_hint(key, shape.members),
                    resource=self.type,
                )
            converted[member] = self.convert(shape.members[member], inner, inner_path)
        return converted

    def _list(self, shape: Any, value: Any, path: str) -> Any:
        pair = pair_members(shape.member)
        if pair and isinstance(value, Mapping) and not {normal(p) for p in pair} <= {normal(k) for k in value}:
            name, content = pair
            inner = shape.member.members[content]
            return [{name: k, content: self.convert(inner, v, f"{path}.{k}")} for k, v in value.items()]
        items = value if isinstance(value, list | tuple) else [value]
        return [self.convert(shape.member, item, path) for item in items]

    def _map(self, shape: Any, value: Any, path: str) -> Any:
        if isinstance(value, list) and all(_is_pair(one) for one in value):
            value = dict(sorted(one.values(), key=lambda part: not isinstance(part, str)) for one in value)
        if not isinstance(value, Mapping):
            raise self._wrong_type(path, "an object", value)
        return {str(k): self.convert(shape.value, v, f"{path}.{k}") for k, v in value.items() if v is not None}

    def _scalar(self, shape: Any, value: Any, path: str) -> Any:
        kind = shape.type_name
        try:
            if kind == "string":
                return self._string(shape, value, path)
            if kind in ("integer", "long"):
                return self._in_range(shape, _whole(value), path)
            if kind in ("float", "double"):
                return self._in_range(shape, float(value), path)
            if kind == "boolean":
                return _boolean(value)
        except (TypeError, ValueError):
            raise self._wrong_type(path, f"a value of type {kind}", value) from None
        return value  # blobs and timestamps: botocore takes text as it is

    def _string(self, shape: Any, value: Any, path: str) -> str:
        if isinstance(value, Mapping | list):
            raise TypeError
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if shape.enum and text not in shape.enum:
            raise CloudError(
                "Value not allowed.",
                f"`{self.type}.{path}` is `{text}`; allowed: {_listed(shape.enum)}.",
                hint=_hint(text, shape.enum),
                resource=self.type,
            )
        limits = shape.metadata
        if not limits.get("min", 0) <= len(text) <= limits.get("max", len(text)):
            allowed = f"{limits.get('min', 0)} to {limits.get('max', 'any number of')} characters"
            raise CloudError(
                "Value has a wrong length.",
                f"`{self.type}.{path}` has {len(text)} characters; allowed: {allowed}.",
                resource=self.type,
            )
        return text

    def _in_range(self, shape: Any, number: float, path: str) -> float:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and number < low) or (high is not None and number > high):
            allowed = f"{'any' if low is None else low} to {'any' if high is None else high}"
            raise CloudError(
                "Value out of range.",
                f"`{self.type}.{path}` is {number}; allowed: {allowed}.",
                resource=self.type,
            )
        return number

    def _wrong_type(self, path: str, expected: str, value: Any) -> CloudError:
        return CloudError(
            "Value has a wrong type.",
            f"`{self.type}.{path}` must be {expected}; it is of type {type(value).__name__}.",
            resource=self.type,
        )


def pair_members(shape: Any) -> tuple[str, str] | None:
    """``(Key, Value)`` or ``(Name, Value)`` when a structure is an entry of a map that AWS writes as a list."""
    if shape.type_name != "structure" or len(shape.members) != 2:
        return None
    names = sorted(shape.members, key=lambda member: normal(member).endswith(("value", "values")))
    if normal(names[0]).endswith(("key", "name")) and normal(names[1]).endswith(("value", "values")):
        return names[0], names[1]
    return None


def document(type: str, path: str, value: Any) -> Any:
    """A JSON document as text: objects are written, text is parsed to be sure that it is JSON."""
    if value is UNKNOWN or value is None:
        return value
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    try:
        read_json(value)
    except (TypeError, ValueError) as error:
        raise CloudError("Not a JSON document.", f"`{type}.{path}` must be JSON: {error}.", resource=type) from None
    return value


def holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(holds_unknown(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(holds_unknown(v) for v in value)
    return value is UNKNOWN


def settle(last: Any, fresh: Any) -> Any:
    """What a read reports: the last known value when the cloud says the same in other words, else the cloud's.

    "The same": equal JSON documents, numbers as text, and structures in which the cloud only added its own defaults.
    """
    fresh = _without_nulls(fresh)
    if _covers(fresh, last):
        return last
    is_document = isinstance(last, str) and isinstance(fresh, Mapping | list)
    return json.dumps(fresh) if is_document else fresh


def _covers(fresh: Any, last: Any) -> bool:
    if last is None:
        return _is_empty(fresh)
    if isinstance(last, Mapping) and isinstance(fresh, Mapping):
        return all(_covers(fresh.get(k), v) for k, v in last.items() if v is not None)
    if isinstance(last, list) and isinstance(fresh, list):
        return len(last) == len(fresh) and all(
            any(_covers(f, value) for f in fresh) for value in last
        )  # AWS keeps no order in most lists
    if isinstance(last, bool) or isinstance(fresh, bool):
        return bool(last) == bool(fresh)
    if last == fresh or str(last) == str(fresh):
        return True
    return _same_document(last, fresh)


def _is_empty(value: Any) -> bool:
    """Is this what a service answers for something that nobody asked for?"""
    if isinstance(value, Mapping):
        return all(_is_empty(inner) for inner in value.values())
    return value in (None, "", False, [])


def _same_document(last: Any, fresh: Any) -> bool:
    try:
        left = read_json(last) if isinstance(last, str) else last
        right = read_json(fresh) if isinstance(fresh, str) else fresh
    except ValueError:
        return False
    return bool(left == right)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value


def _is_pair(value: Any) -> bool:
    """Terraform writes a map of blocks as a list, the key beside the block: ``{name: SPARK_DRIVER, values: […]}``."""
    return isinstance(value, Mapping) and sorted(isinstance(part, str) for part in value.values()) == [False, True]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != float(value):
        raise TypeError
    return int(value)


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    if str(value).lower() not in words:
        raise TypeError
    return words[str(value).lower()]


def _listed(words: Iterable[str]) -> str:
    known = sorted(words)
    return ", ".join(f"`{word}`" for word in known[:SHOWN]) + (", …" if len(known) > SHOWN else "")


def _hint(word: str, known: Iterable[str]) -> str:
    by_lower = {k.lower(): k for k in known}
    match = nearest(word, by_lower)
    return f"did you mean `{by_lower[match]}`?" if match else ""
