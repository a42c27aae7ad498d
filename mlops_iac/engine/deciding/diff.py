"""What differs between the inputs in state and the inputs asked for, property by property."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.values.paths import Path, covers, parse_path
from mlops_iac.engine.values.value import UNKNOWN, Archive, Asset, Props, Secret

HIDDEN = "[hidden]"
"""Shown in the place of values whose differences the program does not want shown (`hide_diffs`)."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def diff(old: Props, new: Props) -> dict[str, PropertyDiff]:
    """Path to change, in Pulumi's notation: ``tags.owner``, ``rules[0].ports``, ``tags["a.b"]``.

    A value that is not known yet counts as changed, unless it was not known before either.
    A secret is compared by its value and shown as a whole: nothing inside it gets a path of its own.
    """
    return dict(_objects("", old, new))


def top_level(path: str) -> str:
    """The input a path belongs to: ``tags`` of ``tags.owner``."""
    if path.startswith('["'):
        return path[2 : path.index('"]')]
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def as_replace(changes: dict[str, PropertyDiff], forcing: frozenset[str]) -> dict[str, PropertyDiff]:
    """The same changes, those of the forcing inputs marked as reasons of a replacement."""
    return {
        path: replace(change, kind=f"{change.kind}-replace") if top_level(path) in forcing else change  # type: ignore[arg-type]
        for path, change in changes.items()
    }


def hidden(changes: Mapping[str, PropertyDiff], patterns: Sequence[Path]) -> dict[str, PropertyDiff]:
    """The same changes, those that a pattern speaks of without their values."""
    return {
        path: replace(change, old=HIDDEN, new=HIDDEN)
        if any(covers(pattern, parse_path(path)) for pattern in patterns)
        else change
        for path, change in changes.items()
    }


def _values(path: str, old: Any, new: Any) -> Iterator[tuple[str, PropertyDiff]]:
    if old is new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(path, old, new)
    elif not _same(old, new):
        yield path, PropertyDiff(kind="update", old=old, new=new)


def _objects(path: str, old: Props, new: Props) -> Iterator[tuple[str, PropertyDiff]]:
    for key, value in old.items():
        if key not in new:
            yield _member(path, key), PropertyDiff(kind="delete", old=value)
        else:
            yield from _values(_member(path, key), value, new[key])
    for key, value in new.items():
        if key not in old:
            yield _member(path, key), PropertyDiff(kind="add", new=value)


def _lists(path: str, old: list[Any], new: list[Any]) -> Iterator[tuple[str, PropertyDiff]]:
    for index in range(max(len(old), len(new))):
        place = f"{path}[{index}]"
        if index >= len(new):
            yield place, PropertyDiff(kind="delete", old=old[index])
        elif index >= len(old):
            yield place, PropertyDiff(kind="add", new=new[index])
        else:
            yield from _values(place, old[index], new[index])


def _member(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Secret) or isinstance(new, Secret):
        return not any(True for _ in _values("", _open(old), _open(new)))
    if old is UNKNOWN or new is UNKNOWN:
        return old is new
    if isinstance(old, Asset | Archive) and isinstance(new, Asset | Archive):
        return type(old) is type(new) and _same_content(old, new)
    if isinstance(old, bool) or isinstance(new, bool):
        return type(old) is type(new) and bool(old == new)
    return bool(old == new)


def _same_content(old: Asset | Archive, new: Asset | Archive) -> bool:
    """By their hashes; archives also part by part, as a hash may be of another making: ours was before it was
    Pulumi's."""
    if not (old.hash and new.hash):
        return old == new
    if old.hash == new.hash:
        return True
    before, after = getattr(old, "assets", None), getattr(new, "assets", None)
    if not before or not after or before.keys() != after.keys():
        return False
    return all(_same(part, after[name]) for name, part in before.items())


def _open(value: Any) -> Any:
    while isinstance(value, Secret):
        value = value.value
    return value
