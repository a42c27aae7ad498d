"""Versions of a blueprint as data: what changed in its options from one to the next, and what an older file means now.

A blueprint's options say how they came to be what they are::

    class TabularBatchOptions(…):
        migrations = (
            Migration(why="memory is said with its unit", changes=(OptionRenamed(was="memory", now="memory_mb"),)),
        )

The first migration leads from version 1 to 2. Options without migrations are version 1, and so is a stack file that
names no version.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pydantic import BaseModel

from mlops_iac.config.document import Path as KeyPath

_MISSING: Final = object()

Options = dict[str, Any]


class Change(Protocol):
    """One difference between two versions of a blueprint."""

    def tell(self) -> str:
        """For people, in half a sentence."""


@dataclass(frozen=True, kw_only=True)
class OptionRenamed:
    """An option has another name, or lies somewhere else."""

    was: str
    """Dotted, below `options`: `serving.memory`."""
    now: str

    def tell(self) -> str:
        return f"`{self.was}` is called `{self.now}`"


@dataclass(frozen=True, kw_only=True)
class ValueRenamed:
    """A choice has another name."""

    option: str
    values: Mapping[str | int | float | bool, str | int | float | bool]
    """Old to new. Values that are not named stay as they are."""

    def tell(self) -> str:
        words = ", ".join(f"`{was}` is `{now}`" for was, now in self.values.items())
        return f"in `{self.option}` {words}"


@dataclass(frozen=True, kw_only=True)
class DefaultChanged:
    """What an option means when it is left out. A file of before keeps what it meant."""

    option: str
    was: Any
    now: Any

    def tell(self) -> str:
        return f"`{self.option}` that is left out means `{self.now}`, and meant `{self.was}`"


@dataclass(frozen=True, kw_only=True)
class OptionRemoved:
    """An option has no meaning any more."""

    option: str
    why: str
    """In half a sentence."""

    def tell(self) -> str:
        return f"`{self.option}` is gone: {self.why}"


@dataclass(frozen=True, kw_only=True)
class ResourceRenamed:
    """A resource has another logical name: what is deployed by the old one is the same, and stays."""

    was: str
    now: str

    def tell(self) -> str:
        return f"the resource `{self.was}` is called `{self.now}`, and stays as it is"


@dataclass(frozen=True, kw_only=True)
class Migration:
    """From one version of a blueprint to the next."""

    why: str
    """In half a sentence."""
    changes: tuple[Change, ...]


def migrations_of(model: type[BaseModel]) -> tuple[Migration, ...]:
    """Of the options of a blueprint, oldest first."""
    found: tuple[Migration, ...] = getattr(model, "migrations", ())
    return found


def latest_version(model: type[BaseModel]) -> int:
    return 1 + len(migrations_of(model))


def changes_between(model: type[BaseModel], version: int, to: int | None = None) -> Iterator[Change]:
    """What changed since a version, in the order in which it changed; ``to`` left out: up to the latest."""
    for migration in migrations_of(model)[version - 1 : None if to is None else to - 1]:
        yield from migration.changes


def renamed_resources(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """Logical name to the names that it had in any earlier version, nearest first."""
    found: dict[str, tuple[str, ...]] = {}
    for change in changes_between(model, 1):
        if isinstance(change, ResourceRenamed):
            found[change.now] = (change.was, *found.pop(change.was, ()))
    return found


@dataclass
class Migrated:
    """Options that were written for an older version, as the latest has them."""

    options: Options
    """What the file says, by today's names."""
    kept: Options = field(default_factory=dict)
    """What is left out and meant something else then: it lies below what the company says."""
    places: list[tuple[KeyPath, KeyPath]] = field(default_factory=list)
    """Today's place of an option, and the one it has in the file; in the order in which they moved."""
    twice: list[tuple[KeyPath, KeyPath]] = field(default_factory=list)
    """Options that are said by both of their names: the old one, and the one of today."""

    def in_file(self, path: KeyPath) -> KeyPath:
        """Where the file says an option that has this path today."""
        for now, was in reversed(self.places):
            if path[: len(now)] == now:
                path = (*was, *path[len(now) :])
        return path


def migrate(model: type[BaseModel], options: Options, version: int) -> Migrated:
    """Options of a version as the latest has them. Pure; the options given are not touched."""
    migrated = Migrated(copy.deepcopy(options))
    for change in changes_between(model, version):
        APPLY[type(change)](change, migrated)
    return migrated


def _rename(change: OptionRenamed, migrated: Migrated) -> None:
    was, now = split(change.was), split(change.now)
    for options in (migrated.options, migrated.kept):
        value = take(options, was)
        if value is _MISSING:
            continue
        if options is migrated.options:
            if get(options, now) is not _MISSING:
                migrated.twice.append((was, now))
                continue
            migrated.places.append((now, was))
        put(options, now, value)


def _map_value(change: ValueRenamed, migrated: Migrated) -> None:
    for options in (migrated.options, migrated.kept):
        value = get(options, split(change.option))
        if isinstance(value, str | int | float | bool) and value in change.values:
            put(options, split(change.option), change.values[value])


def _keep_default(change: DefaultChanged, migrated: Migrated) -> None:
    path = split(change.option)
    if get(migrated.options, path) is _MISSING and get(migrated.kept, path) is _MISSING:
        put(migrated.kept, path, copy.deepcopy(change.was))


def _remove(change: OptionRemoved, migrated: Migrated) -> None:
    for options in (migrated.options, migrated.kept):
        take(options, split(change.option))


APPLY: Final[Mapping[type, Callable[[Any, Migrated], None]]] = {
    OptionRenamed: _rename,
    ValueRenamed: _map_value,
    DefaultChanged: _keep_default,
    OptionRemoved: _remove,
    ResourceRenamed: lambda change, migrated: None,  # an alias in the program, whatever the file says
}


def split(dotted: str) -> tuple[str, ...]:
    """Names of options hold no dots."""
    return tuple(dotted.split("."))


def get(options: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if not isinstance(options, dict) or part not in options:
            return _MISSING
        options = options[part]
    return options


def take(options: Options, path: tuple[str, ...]) -> Any:
    """Take a value out; a mapping that was emptied goes with it."""
    inner = get(options, path[:-1])
    if not isinstance(inner, dict) or path[-1] not in inner:
        return _MISSING
    value = inner.pop(path[-1])
    if not inner and len(path) > 1:
        take(options, path[:-1])
    return value


def put(options: Options, path: tuple[str, ...], value: Any) -> None:
    """What stands in the way, and is no mapping, is left as it is: the check of the options says what is wrong."""
    for part in path[:-1]:
        options = options.setdefault(part, {})
        if not isinstance(options, dict):
            return
    options[path[-1]] = value


def is_said(options: Options, path: tuple[str, ...]) -> bool:
    return get(options, path) is not _MISSING
