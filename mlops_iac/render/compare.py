"""Two values compared from the inside: which paths of a document differ, which lines of a text.

A policy, a state machine or a script that differs in one word is otherwise two walls of text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from mlops_iac.core.strict_json import read_json

IDENTITY = ("Sid", "Id", "ID", "Name", "name", "id", "key", "Key")
"""Keys by which people tell the entries of a list apart; the first that all entries have, with no value twice."""
MISSING: Any = object()


@dataclass(frozen=True)
class Change:
    """One difference. ``path`` is inside the value: ``Statement[ReadLake].Action``, ``line 12``; may be empty."""

    path: str
    kind: Literal["add", "delete", "update"]
    old: Any = None
    new: Any = None


def compare(old: Any, new: Any) -> list[Change] | None:
    """What differs inside two values; None when they have no inside to look at: then they are shown as they are."""
    before, after = parse(old), parse(new)
    if before is not None and after is not None:
        return list(_values("", before, after))
    if isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() and "\n" in new.strip():
        return list(_lines(old, new))
    return None


def parse(value: Any) -> Any:
    """A JSON document in a string, or a value that is already structured; None for anything else."""
    if isinstance(value, Mapping | list):
        return value
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        return read_json(value)
    except ValueError:
        return None


def _values(path: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _objects(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(path, old, new)
    elif isinstance(old, list) != isinstance(new, list) and _is_plain(old) and _is_plain(new):
        # Policies write one value without its list; adding a second is not a change of the first.
        yield from _sequences(path, _listed(old), _listed(new))
    elif old != new or type(old) is not type(new):
        yield Change(path, "update", old, new)


def _objects(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        place = f"{path}.{key}" if path else str(key)
        yield from _member(place, old.get(key, MISSING), new.get(key, MISSING))


def _member(place: str, old: Any, new: Any) -> Iterator[Change]:
    if old is MISSING:
        yield Change(place, "add", new=new)
    elif new is MISSING:
        yield Change(place, "delete", old=old)
    else:
        yield from _values(place, old, new)


def _lists(path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    key = _identity([*old, *new], old, new)
    if key is not None:
        before, after = ({str(item[key]): item for item in items} for items in (old, new))
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _member(f"{path}[{name}]", before.get(name, MISSING), after.get(name, MISSING))
    else:
        yield from _sequences(path, old, new)


def _identity(items: Sequence[Any], old: list[Any], new: list[Any]) -> str | None:
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in IDENTITY:
        if all(isinstance(item.get(key), str) for item in items) and all(
            len({item[key] for item in side}) == len(side) for side in (old, new)
        ):
            return key
    return None


def _sequences(path: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """Entries that only moved apart are not changes; those that were exchanged are compared in turn."""
    matcher = SequenceMatcher(None, [_text(item) for item in old], [_text(item) for item in new], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = min(i_end - i, j_end - j)
        scalar = all(_is_plain(item) for item in [*old[i:i_end], *new[j:j_end]])
        if not scalar:
            for k in range(pairs):
                yield from _values(f"{path}[{i + k}]", old[i + k], new[j + k])
        else:
            pairs = 0
        for k in range(i + pairs, i_end):
            yield Change(path if scalar else f"{path}[{k}]", "delete", old=old[k])
        for k in range(j + pairs, j_end):
            yield Change(path if scalar else f"{path}[{k}]", "add", new=new[k])


def _lines(old: str, new: str) -> Iterator[Change]:
    before, after = old.splitlines(), new.splitlines()
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for k in range(max(i_end - i, j_end - j)):
            if i + k >= i_end:
                yield Change(f"line {j + k + 1}", "add", new=after[j + k])
            elif j + k >= j_end:
                yield Change(f"line {i + k + 1}", "delete", old=before[i + k])
            else:
                yield Change(f"line {i + k + 1}", "update", before[i + k], after[j + k])


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_plain(value: Any) -> bool:
    """A word or number, or a list of them."""
    return all(item is None or isinstance(item, str | int | float | bool) for item in _listed(value))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
