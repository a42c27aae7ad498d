"""Reading pydantic models: where a complaint's `loc` points, what is known there, and what values are allowed.

A `loc` is not a path into the value: pydantic puts the name of a union's member between the parts. So the model is
walked beside it.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, Discriminator, StringConstraints, Tag
from pydantic.fields import FieldInfo

from mlops_iac.config.document import Path


@dataclass(frozen=True)
class Spot:
    """Where a complaint points, and what the model says about that place."""

    path: Path
    """In the value, without the names of union members."""
    known: tuple[str, ...] = ()
    """Keys of the section that holds this place."""
    tags: tuple[str, ...] = ()
    """Values of the discriminator, when this place is a discriminated union."""
    allowed: str = ""
    """Values allowed here, in words; empty when anything of the right type is."""
    description: str = ""
    is_member: bool = False
    """True when this place is one of several forms that a value may have (a union without a discriminator)."""


def locate(model: type[BaseModel], loc: Sequence[str | int], value: Any) -> Spot:
    """The spot of a complaint about `value`, which was held against `model`."""
    walk = _Walk(model, value)
    for part in loc:
        walk.step(part)
    return walk.spot()


class _Walk:
    """One step along a `loc`, keeping the annotation and the value side by side."""

    def __init__(self, annotation: Any, value: Any) -> None:
        self.annotation, self.metadata = _open(annotation)
        self.value = value
        self.path: Path = ()
        self.known: tuple[str, ...] = ()
        self.description = ""
        self.is_member = False

    def step(self, part: str | int) -> None:
        members = union_members(self.annotation)
        if members:
            member = self._member(members, part)
            if member is None and part not in self._keys(members) and self._has(part):
                self._descend(part)  # of a model that a package brings, which is no member here
                return
            if member is not None or part not in self._keys(members):
                self.is_member = discriminator_key(self.metadata) is None
                self.annotation, self.metadata = _open(member)
                return
            self.annotation, self.metadata = _open(next(m for m in members if part in known_keys(m)))
        self._descend(part)

    def _descend(self, part: str | int) -> None:
        self.known = known_keys(self.annotation)
        field = find_field(self.annotation, part)
        if field is not None:
            self.description = field.description or ""
            self.annotation, self.metadata = _open(field.annotation, tuple(field.metadata) + _discriminator(field))
        elif part == "[key]" or not self._has(part):
            if isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel):
                self.path = (*self.path, part)
            # Else the name of a validator, or `[key]` of a mapping: not a place in the value.
            return
        else:
            self.description = ""
            self.annotation, self.metadata = _open(_item(self.annotation))
        self.path = (*self.path, part)
        self.value = _get(self.value, part)
        self.is_member = False

    def _has(self, part: str | int) -> bool:
        return _get(self.value, part, _ABSENT) is not _ABSENT

    def _keys(self, members: Sequence[Any]) -> set[str]:
        return {key for member in members for key in known_keys(member)}

    def _member(self, members: Sequence[Any], part: str | int) -> Any:
        key = discriminator_key(self.metadata)
        for member in members:
            if part in member_labels(member, key):
                return member
        return None

    def spot(self) -> Spot:
        key = discriminator_key(self.metadata)
        members = union_members(self.annotation)
        tags = tuple(tag for member in members for tag in tags_of(member, key)) if key else ()
        path = self.path
        if key and isinstance(self.value, dict) and key in self.value:
            # An unknown tag: the fault is the tag's value, not the whole section.
            path = (*path, key)
        allowed = allowed_values(self.annotation, self.metadata)
        return Spot(path, self.known, tags, allowed, self.description, self.is_member)


_ABSENT = object()


def _get(value: Any, part: str | int, default: Any = None) -> Any:
    if isinstance(value, Mapping):
        return value.get(part, default)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return default


def _open(annotation: Any, metadata: tuple[Any, ...] = ()) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without Annotated and without None, and everything that Annotated said."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            metadata += tuple(_flat(more))
        elif is_union(annotation) and len(_not_none(annotation)) == 1:
            annotation = _not_none(annotation)[0]
        else:
            return annotation, metadata


def _flat(metadata: Sequence[Any]) -> list[Any]:
    """What Annotated says, with the Fields in it opened."""
    flat: list[Any] = []
    for item in metadata:
        flat += [*item.metadata, *_discriminator(item)] if isinstance(item, FieldInfo) else [item]
    return flat


def _discriminator(field: FieldInfo) -> tuple[Any, ...]:
    key = field.discriminator
    return () if key is None else (Discriminator(key) if isinstance(key, str) else key,)


def is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _not_none(annotation: Any) -> list[Any]:
    return [member for member in get_args(annotation) if member is not type(None)]


def union_members(annotation: Any) -> list[Any]:
    """Members of a union of two or more; empty for anything else."""
    return _not_none(annotation) if is_union(annotation) else []


def discriminator_key(metadata: Sequence[Any]) -> str | None:
    """The key that tells a union's members apart, or None."""
    for item in metadata:
        if isinstance(item, Discriminator) and isinstance(item.discriminator, str):
            return item.discriminator
    return None


def tags_of(member: Any, key: str | None) -> tuple[str, ...]:
    """The values of the discriminator that choose this member."""
    bare, metadata = _open(member)
    tags = tuple(item.tag for item in metadata if isinstance(item, Tag))
    field = find_field(bare, key) if key else None
    if field is not None and get_origin(field.annotation) is Literal:
        tags += tuple(str(getattr(word, "value", word)) for word in get_args(field.annotation))
    return tags


def member_labels(member: Any, key: str | None) -> tuple[str, ...]:
    """What pydantic calls a union's member in a `loc`."""
    bare, _ = _open(member)
    origin = get_origin(bare)
    names = [bare.__name__] if isinstance(bare, type) else [str(bare)]
    if origin is not None:
        names += [getattr(origin, "__name__", str(origin)), _generic_label(bare)]
    return (*tags_of(member, key), *names)


def _generic_label(bare: Any) -> str:
    """`dict[str,int]`, as pydantic writes it: no space after a comma."""
    return str(bare).replace(", ", ",").replace("typing.", "").lower()


def find_field(annotation: Any, key: str | int | None) -> FieldInfo | None:
    """The field of a model that a key of the file names, or None."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return None
    for name, field in annotation.model_fields.items():
        if key in (field.alias or name, name):
            return field
    return None


def known_keys(annotation: Any) -> tuple[str, ...]:
    """The keys of a section; empty for anything that is not one."""
    bare, _ = _open(annotation)
    if not (isinstance(bare, type) and issubclass(bare, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in bare.model_fields.items())


def _item(annotation: Any) -> Any:
    """What a list or mapping holds."""
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    return arguments[-1] if arguments else Any


def allowed_values(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """Values that an annotation allows, in words: `1 to 64`, `gpu, cpu`, `true or false`; or empty."""
    bare, metadata = _open(annotation, tuple(metadata))
    if bare is bool:
        return "true or false"
    if get_origin(bare) is Literal:
        return ", ".join(str(getattr(word, "value", word)) for word in get_args(bare))
    if isinstance(bare, type) and issubclass(bare, Enum):
        return ", ".join(str(word.value) for word in bare)
    return _range(metadata, bare)


def _range(metadata: Sequence[Any], bare: Any) -> str:
    low = high = ""
    unit = " characters" if bare is str else " entries" if get_origin(bare) or bare in (list, dict, tuple) else ""
    for item in _flat_constraints(metadata):
        if isinstance(item, annotated_types.Ge):
            low = f"{item.ge}"
        elif isinstance(item, annotated_types.Gt):
            low = f"more than {item.gt}"
        elif isinstance(item, annotated_types.Le):
            high = f"{item.le}"
        elif isinstance(item, annotated_types.Lt):
            high = f"less than {item.lt}"
        elif isinstance(item, annotated_types.MinLen):
            low = f"{item.min_length}"
        elif isinstance(item, annotated_types.MaxLen):
            high = f"{item.max_length}"
    if low and high:
        if low.startswith("more"):
            return f"{low} and {high}{unit}" if high.startswith("less") else f"{low}, up to {high}{unit}"
        return f"{low} or more, {high}{unit}" if high.startswith("less") else f"{low} to {high}{unit}"
    if low:
        return f"{low}{unit}" if low.startswith("more") else f"{low}{unit} or more"
    if high:
        return f"{high}{unit}" if high.startswith("less") else f"up to {high}{unit}"
    return ""


def _flat_constraints(metadata: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in metadata:
        if isinstance(item, annotated_types.GroupedMetadata):
            flat += list(item)
        elif isinstance(item, StringConstraints):
            bounds = (annotated_types.MinLen, item.min_length), (annotated_types.MaxLen, item.max_length)
            flat += [kind(bound) for kind, bound in bounds if bound is not None]
        else:
            flat.append(item)
    return flat


def is_section(annotation: Any) -> bool:
    """True for a model: a mapping with keys of its own."""
    bare, _ = _open(annotation)
    return isinstance(bare, type) and issubclass(bare, BaseModel)


def without_none(annotation: Any) -> Any:
    """An annotation without Annotated and without None."""
    return _open(annotation)[0]


def tag_key(field: FieldInfo) -> str | None:
    """The discriminator of a field that is a union, or None."""
    return discriminator_key(_open(field.annotation, tuple(field.metadata) + _discriminator(field))[1])
