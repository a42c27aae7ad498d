"""Values of the command line without pydantic, where what was typed needs no more than itself.

Typer builds a pydantic adapter for every parameter, and importing pydantic takes longer than most commands that do not
use it. Text, flags, whole numbers, paths and choices are read here; anything else, and anything that is wrong, goes to
Typer's own way, which has the words for it. Typer's function is private: a test holds that it is there and is called,
and without it everything goes Typer's way.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

MISSING = object()
"""What cannot be read here."""

CHECKED_PATHS = ("exists", "resolve_path", "allow_dash", "path_type", "writable")
"""What a path parameter may ask for that is more than a path; the others only say what `exists` is about."""

LONGEST_NUMBER = 18
"""Digits; Python's own reader fails on thousands of them."""


def read_plainly() -> None:
    """Have Typer's parameters read what is plain without pydantic."""
    import typer.core

    original = getattr(typer.core, "build_runtime_param", None)
    if original is not None and not isinstance(original, _Build):
        setattr(typer.core, "build_runtime_param", _Build(original))  # noqa: B010 - a private name


class _Build:
    """In the place of Typer's function."""

    def __init__(self, original: Callable[[Any], Any]) -> None:
        self.original = original

    def __call__(self, descriptor: Any) -> Any:
        return _Plain(descriptor, self.original)


class _Plain:
    """In the place of Typer's ``RuntimeParam``."""

    def __init__(self, descriptor: Any, original: Callable[[Any], Any]) -> None:
        self.descriptor, self.original = descriptor, original

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        info, annotation = self.descriptor.parameter_info, self.descriptor.annotation
        if getattr(info, "parser", None) is None and self.descriptor.file_annotation is None:
            found = read(value, annotation, info)
            if found is not MISSING:
                return found
        return self.original(self.descriptor).coerce(value, param=param, ctx=ctx)


def read(value: Any, annotation: Any, info: Any) -> Any:
    """The value as the annotation wants it, or MISSING."""
    if get_origin(annotation) is list:
        if not isinstance(value, list | tuple):
            return MISSING
        items = [read(item, get_args(annotation)[0], info) for item in value]
        return MISSING if any(item is MISSING for item in items) else items
    if annotation is str or annotation is bool:
        return value if isinstance(value, annotation) else MISSING
    if annotation is int:
        return read_number(value, info)
    if annotation is Path:
        return read_path(value, info)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return read_choice(value, annotation)
    return MISSING


def read_number(value: Any, info: Any) -> Any:
    plain = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER
    if isinstance(value, bool) or not (plain or isinstance(value, int)):
        return MISSING
    number = int(value)
    low, high = getattr(info, "min", None), getattr(info, "max", None)
    return number if (low is None or number >= low) and (high is None or number <= high) else MISSING


def read_path(value: Any, info: Any) -> Any:
    plain = isinstance(value, str | Path) and not any(getattr(info, name, None) for name in CHECKED_PATHS)
    return Path(value) if plain else MISSING


def read_choice(value: Any, annotation: type[Enum]) -> Any:
    if isinstance(value, annotation):
        return value
    return next((member for member in annotation if member.value == value), MISSING)
