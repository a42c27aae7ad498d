"""Edits of a state by hand. Pure: they change a snapshot in memory, and raise before they change anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import Problem, StateError, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.core.urns import ProviderReference
from mlops_iac.engine.deciding.graph import reach
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot

Swap = Callable[[str], str]

URN_FIELDS = ("viewOf",)
"""Fields of a checkpoint that name another resource and are kept in `Record.extra`."""


def find_keys(snapshot: Snapshot, words: Iterable[str]) -> list[int]:
    """Keys of the resources that are named, each by its URN or its logical name, in the order of the state.

    Raises UsageError for every word that names none (with the nearest) or more than one (with their URNs).
    """
    found: set[int] = set()
    problems: list[Problem] = []
    for word in words:
        keys = _matches(snapshot, word)
        if len({snapshot.records[key].urn for key in keys}) == 1:
            found |= set(keys)
        else:
            problems.append(_unclear(snapshot, word, keys))
    if problems:
        raise UsageError.of(problems)
    return [key for key in snapshot.records if key in found]


def delete(snapshot: Snapshot, words: Sequence[str], *, dependents: bool = False, force: bool = False) -> list[Record]:
    """Forget resources; the cloud is not asked. Answers what was forgotten, what stands on others first.

    Raises StateError when something that stays stands on one (unless ``dependents``: it goes too), or when one is
    protected (unless ``force``).
    """
    keys = find_keys(snapshot, words)
    keys = with_dependents(snapshot, keys) if dependents else keys
    refuse_left_behind(snapshot, keys, "deleted")
    if not force:
        _refuse_protected(snapshot, keys)
    going = ordered(snapshot, keys)
    for key in keys:
        snapshot.drop(key)
    return going[::-1]


def unprotect(snapshot: Snapshot, words: Sequence[str] | None) -> list[Record]:
    """Take the protection off the resources named, or off all when ``words`` is None. Answers those that had it."""
    keys = list(snapshot.records) if words is None else find_keys(snapshot, words)
    changed = [(key, snapshot.records[key]) for key in keys if snapshot.records[key].protect]
    for key, record in changed:
        snapshot.put(key, replace(record, protect=False))
    return [record for _, record in changed]


def named_after(snapshot: Snapshot, stack: str) -> list[Record]:
    """Resources whose physical name carries the stack's: under another name of the stack they would be others."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(stack)}(?![A-Za-z0-9])")
    return [record for record in snapshot if record.custom and not record.is_provider and word.search(record.id)]


def rename_stack(snapshot: Snapshot, project: str, old: str, new: str) -> None:
    """Give every resource the URN it has in a stack of another name; the stack's own resource carries that name."""
    root = root_urn(project, old)

    def swap(urn: str) -> str:
        if urn == root:
            return root_urn(project, new)
        known = urns.parse(urn)
        return str(known.in_stack(new)) if known.stack == old else urn

    for key, record in list(snapshot.records.items()):
        snapshot.put(key, relinked(record, swap))
    for key, pending in list(snapshot.pending.items()):
        snapshot.pending[key] = replace(pending, record=relinked(pending.record, swap))


def root_urn(project: str, stack: str) -> str:
    return urns.make(stack, project, urns.STACK_TYPE, f"{project}-{stack}")


def relinked(record: Record, swap: Swap) -> Record:
    """The record with every URN in it swapped: its own, and those of what it names."""
    provider = record.provider
    if provider:
        reference = ProviderReference.parse(provider)
        provider = str(reference._replace(urn=swap(reference.urn)))
    return replace(
        record,
        urn=swap(record.urn),
        parent=swap(record.parent) if record.parent else None,
        provider=provider,
        dependencies=tuple(map(swap, record.dependencies)),
        property_dependencies={key: list(map(swap, group)) for key, group in record.property_dependencies.items()},
        deleted_with=swap(record.deleted_with) if record.deleted_with else None,
        replace_with=tuple(map(swap, record.replace_with)),
        extra={key: _swapped(key, value, swap) for key, value in record.extra.items()},
    )


def ordered(snapshot: Snapshot, keys: Iterable[int]) -> list[Record]:
    """The records of these keys, each after what it needs."""
    chosen = {id(snapshot.records[key]) for key in keys}
    return [record for record in snapshot.ordered() if id(record) in chosen]


def named(record: Record) -> set[str]:
    """URNs of what a resource says it depends on, apart from its parent and its provider."""
    found = {*record.dependencies, *record.replace_with}
    found |= {urn for group in record.property_dependencies.values() for urn in group}
    found |= {value for key, value in record.extra.items() if key in URN_FIELDS and isinstance(value, str)}
    return found | {record.deleted_with} if record.deleted_with else found


def keeping(record: Record, keep: Callable[[str], bool]) -> Record:
    """The record without those of its `named` URNs that are not to be kept."""
    return replace(
        record,
        dependencies=tuple(filter(keep, record.dependencies)),
        property_dependencies={key: list(filter(keep, group)) for key, group in record.property_dependencies.items()},
        deleted_with=record.deleted_with if record.deleted_with and keep(record.deleted_with) else None,
        replace_with=tuple(filter(keep, record.replace_with)),
        extra={
            key: value
            for key, value in record.extra.items()
            if key not in URN_FIELDS or not isinstance(value, str) or keep(value)
        },
    )


def with_dependents(snapshot: Snapshot, keys: Iterable[int]) -> list[int]:
    """These, and what stands on them, and what stands on that; in the order of the state."""
    above: dict[str, set[int]] = {}
    for key, record in snapshot.records.items():
        for urn in record.needs():
            above.setdefault(urn, set()).add(key)
    found = reach(keys, lambda key: above.get(snapshot.records[key].urn, ()))
    return [key for key in snapshot.records if key in found]


def refuse_left_behind(snapshot: Snapshot, keys: Sequence[int], done: str) -> None:
    """Raise StateError when something that stays stands on one that goes, or waits to be deleted with it."""
    going = {snapshot.records[key].urn for key in keys}
    staying = [record for key, record in snapshot.records.items() if key not in keys]
    going -= {record.urn for record in staying}
    lines = [
        f"{record.name} ({record.type}) needs {urns.parse(urn).name}"
        for record in staying
        for urn in sorted(going & record.needs())
    ]
    if lines:
        raise StateError(
            "Something stands on it.",
            f"Nothing was {done}:\n" + "\n".join(lines),
            hint="name these too, or add --target-dependents.",
        )


def _matches(snapshot: Snapshot, word: str) -> list[int]:
    by_urn = [key for key, record in snapshot.records.items() if record.urn == word]
    return by_urn or [key for key, record in snapshot.records.items() if record.name == word]


def _unclear(snapshot: Snapshot, word: str, keys: Sequence[int]) -> Problem:
    if keys:
        found = sorted({snapshot.records[key].urn for key in keys})
        return Problem(
            summary="The name is not clear.",
            detail=f"`{word}` is the name of {len(found)} resources:\n" + "\n".join(found),
            hint="give the URN, in quotes.",
        )
    known = {record.urn if word.startswith("urn:") else record.name for record in snapshot}
    return Problem(summary="No such resource.", detail=f"`{word}` is not in the state.", hint=did_you_mean(word, known))


def _refuse_protected(snapshot: Snapshot, keys: Iterable[int]) -> None:
    protected = sorted({snapshot.records[key].urn for key in keys if snapshot.records[key].protect})
    if protected:
        raise StateError(
            "It is protected.",
            "Nothing was deleted:\n" + "\n".join(protected),
            hint="`mlops-iac state unprotect` takes the protection off, or add --force.",
        )


def _swapped(key: str, value: Any, swap: Swap) -> Any:
    return swap(value) if key in URN_FIELDS and isinstance(value, str) else value
