"""Property values to and from protobuf's ``Struct``, as the Pulumi SDK sends and expects them.

Works on the messages' own methods, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.content import hashed
from mlops_iac.engine.values.value import UNKNOWN, Archive, Asset, Props, Reference, Secret

_LARGEST_EXACT = 2**53
"""Numbers travel as doubles: whole ones up to this size are integers again on our side."""


def read_struct(struct: Any) -> dict[str, Any]:
    """A ``Struct`` as plain values. A null in an object means that the key is not set, and is left out."""
    return _read_fields(struct.fields)


def read_value(value: Any) -> Any:
    """One protobuf ``Value``."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == sig.UNKNOWN_TEXT else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        return _of_program(unmarked(_read_fields(fields))) if sig.KEY in fields else _read_fields(fields)
    if kind == "list_value":
        return [read_value(item) for item in value.list_value.values]
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


def _read_fields(fields: Any) -> dict[str, Any]:
    values = {}
    # A protobuf map has an order of its own, another one in each process: sorted, so that what people see stays put.
    for key, field in sorted(fields.items()):
        value = read_value(field)
        if value is not None:
            values[key] = value
    return values


def _number(number: float) -> int | float:
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
