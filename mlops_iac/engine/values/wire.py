"""Property values to and from protobuf's ``Struct``, as the Pulumi SDK sends and expects them.

Works on the messages' own methods, so nothing heavy is imported here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.content import hashed
from mlops_iac.engine.values.value import UNKNOWN, Archive, Asset, Props, Reference, Secret

_LARGEST_EXACT = 2**53
"""Numbers travel as doubles: whole ones up to this size are integers again on our side."""


DEEPEST: Final = 64
"""Levels of a value. Real providers are sent 33 at most (protobuf reads 100 messages inside each other, and a level of
a ``Struct`` is three), and what is deeper than `strict_json.DEEPEST` could be saved and not read again."""


class NotAValue(PlanError):
    """What a program sends is nothing that a state can hold."""

    def __init__(self, why: str, path: tuple[str, ...] = ()) -> None:
        what = f"`{'.'.join(path)}`" if path else "It"
        super().__init__("A property cannot be kept.", f"{what} {why}.", hint="correct the value in the program.")
        self.why, self.path = why, path

    def inside(self, key: str) -> NotAValue:
        return NotAValue(self.why, (key, *self.path))


def read_struct(struct: Any) -> dict[str, Any]:
    """A ``Struct`` as plain values. A null in an object means that the key is not set, and is left out.

    Raises `NotAValue`.
    """
    return _read_fields(struct.fields, 1)


def read_value(value: Any, level: int = 1) -> Any:
    """One protobuf ``Value``. Raises `NotAValue`."""
    if level > DEEPEST:
        raise NotAValue(f"is nested deeper than {DEEPEST} levels")
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == sig.UNKNOWN_TEXT else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        values = _read_fields(fields, level + 1)
        return _of_program(unmarked(values)) if sig.KEY in values else values
    if kind == "list_value":
        return [read_value(item, level + 1) for item in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        return _number(value.number_value)
    return None


def write_struct(values: Props, struct: Any) -> None:
    """Fill an empty ``Struct``."""
    fields = struct.fields
    for key, value in values.items():
        write_value(value, fields[key])


def write_value(value: Any, target: Any) -> None:
    """Fill an empty protobuf ``Value``."""
    if isinstance(value, str):
        target.string_value = value
    elif value is None:
        target.null_value = 0
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif value is UNKNOWN:
        target.string_value = sig.UNKNOWN_TEXT
    elif isinstance(value, Mapping):
        _write_fields(value, target)
    elif isinstance(value, list | tuple):
        items = target.list_value.values
        for item in value:
            write_value(item, items.add())
        target.list_value.SetInParent()
    else:
        _write_fields(marked(value), target)


def _write_fields(values: Mapping[str, Any], target: Any) -> None:
    write_struct(values, target.struct_value)
    target.struct_value.SetInParent()


def _read_fields(fields: Any, level: int) -> dict[str, Any]:
    values = {}
    # A protobuf map has an order of its own, another one in each process: sorted, so that what people see stays put.
    for key, field in sorted(fields.items()):
        try:
            value = read_value(field, level)
        except NotAValue as error:
            raise error.inside(key) from None
        if value is not None:
            values[key] = value
    return values


def _number(number: float) -> int | float:
    if not math.isfinite(number):
        raise NotAValue(f"is {number}, which JSON has not")
    return int(number) if abs(number) <= _LARGEST_EXACT and number.is_integer() else number


def _of_program(value: Any) -> Any:
    """What a program names is on this machine, and is hashed here. Paths in a state or an export are never touched."""
    if isinstance(value, Asset) and not value.hash:
        return hashed(value)
    return hashed(value) if isinstance(value, Archive) and not value.hash else value


def unmarked(values: dict[str, Any]) -> Any:
    """What an object with Pulumi's mark stands for."""
    mark = values[sig.KEY]
    for key in ("path", "text", "uri", "hash", "urn"):
        if not isinstance(values.get(key, ""), str | None):
            raise ValueError(f"`{key}` of a marked value is no text")
    if mark == sig.SECRET:
        return Secret(values.get("value"))
    if mark == sig.RESOURCE:
        return Reference(values["urn"], UNKNOWN if values.get("id") == "" else values.get("id"))
    if mark == sig.OUTPUT:
        value = values.get("value", UNKNOWN)
        return Secret(value) if values.get("secret") else value
    if mark == sig.ASSET:
        return Asset(values.get("path"), values.get("text"), values.get("uri"), values.get("hash", ""))
    if mark == sig.ARCHIVE:
        return Archive(values.get("path"), values.get("uri"), values.get("assets"), values.get("hash", ""))
    return values


def marked(value: Any) -> dict[str, Any]:
    """The object with Pulumi's mark that stands for a value with no plain form."""
    if isinstance(value, Secret):
        return {sig.KEY: sig.SECRET, "value": value.value}
    if isinstance(value, Reference):
        return {sig.KEY: sig.RESOURCE, "urn": value.urn, "id": "" if value.id is UNKNOWN else value.id}
    if isinstance(value, Asset | Archive):
        mark = sig.ASSET if isinstance(value, Asset) else sig.ARCHIVE
        parts = {key: part for key, part in vars(value).items() if part not in (None, "")}
        return {sig.KEY: mark, **parts}
    raise TypeError(f"a {type(value).__name__} cannot be a property value")
