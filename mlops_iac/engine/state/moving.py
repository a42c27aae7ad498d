"""Resources go from one stack's state to another's. Pure: both snapshots are changed in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import StateError
from mlops_iac.core.urns import ProviderReference
from mlops_iac.engine.state.edits import (
    find_keys,
    keeping,
    ordered,
    refuse_left_behind,
    relinked,
    root_urn,
    with_dependents,
)
from mlops_iac.engine.state.record import Record, now
from mlops_iac.engine.state.snapshot import Snapshot


@dataclass(frozen=True)
class Side:
    """One of the two stacks."""

    stack: str
    snapshot: Snapshot


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What a move came to."""

    urns: Mapping[str, str]
    """Old URN to new, in the order of the state."""
    cut: tuple[str, ...] = ()
    """What the moved ones needed and left behind; they no longer say that they need it."""


Place = Callable[[Record], Mapping[str, Any]]
"""A provider to those of its settings that say where its resources are: its package knows which."""


def move(
    source: Side, target: Side, words: Sequence[str], *, project: str, place: Place, dependents: bool = False
) -> Moved:
    """Move the resources named, and what is inside them. Providers that they use are copied.

    Raises UsageError for an unknown name, and StateError when something that stays stands on one (unless
    ``dependents``), when the other stack has it already, or its provider points at another place.
    """
    keys = _with_children(source.snapshot, find_keys(source.snapshot, words))
    keys = with_dependents(source.snapshot, keys) if dependents else keys
    records = ordered(source.snapshot, keys)
    _refuse_fixed(records)
    refuse_left_behind(source.snapshot, keys, "moved")
    new_urns = _new_urns(records, root_urn(project, target.stack), target.stack, project)
    _refuse_taken(target, new_urns)
    providers = _providers(records, source.snapshot, target, project, place)
    staying = {urn for record in records for urn in record.needs()} - set(new_urns) - set(providers)
    _make_root(target, project)
    for provider, _ in providers.values():
        if target.snapshot.find(provider.urn) is None:
            target.snapshot.put(target.snapshot.new_key(), provider)
    for record in records:
        target.snapshot.put(target.snapshot.new_key(), _moved(record, new_urns, providers, target.stack, project))
    for key in keys:
        source.snapshot.drop(key)
    return Moved(urns=new_urns, cut=tuple(sorted(urn for urn in staying if urn != root_urn(project, source.stack))))


def _with_children(snapshot: Snapshot, keys: Sequence[int]) -> list[int]:
    inside = {snapshot.records[key].urn for key in keys}
    for record in snapshot.ordered():
        if record.parent in inside:
            inside.add(record.urn)
    return [key for key, record in snapshot.records.items() if record.urn in inside]


def _new_urns(records: Sequence[Record], root: str, stack: str, project: str) -> dict[str, str]:
    """Parents come before their children, so that a child's type names its new parents."""
    made: dict[str, str] = {}
    for record in records:
        parent = made.get(record.parent or "", root)
        made[record.urn] = urns.make(stack, project, record.type, record.name, parent)
    return made


def _moved(
    record: Record, new_urns: Mapping[str, str], providers: Mapping[str, tuple[Record, str]], stack: str, project: str
) -> Record:
    root = root_urn(project, stack)
    kept = replace(
        keeping(record, new_urns.__contains__),
        parent=record.parent if record.parent in new_urns else None,
        provider=None,
    )
    moved = relinked(kept, lambda urn: new_urns.get(urn, urn))
    reference = providers[record.provider_urn][1] if record.provider_urn else None
    return replace(moved, parent=moved.parent or root, provider=reference)


def _providers(
    records: Sequence[Record], source: Snapshot, target: Side, project: str, place: Place
) -> dict[str, tuple[Record, str]]:
    """By old URN, the providers that the records use: each as it is in the other stack, and the reference to it."""
    found: dict[str, tuple[Record, str]] = {}
    for record in records:
        urn = record.provider_urn
        provider = source.find(urn) if urn else None
        if provider is None or urn is None or urn in found:
            continue
        new_urn = urns.make(target.stack, project, provider.type, provider.name)
        there = target.snapshot.find(new_urn)
        if there is not None and place(there) != place(provider):
            raise StateError(
                "The stacks are in different places.",
                f"{record.urn} is in {_told(place(provider))}; in `{target.stack}`, {provider.name} is for"
                f" {_told(place(there))}. Nothing was moved.",
                hint="a resource stays where it is: deploy it anew in the other stack.",
            )
        kept = there or replace(
            provider, urn=new_urn, parent=root_urn(project, target.stack) if provider.parent else None
        )
        found[urn] = (kept, str(ProviderReference(new_urn, kept.id)))
    return found


def _told(place: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(place.items())) or "no place that is known"


def _refuse_fixed(records: Sequence[Record]) -> None:
    fixed = [record.urn for record in records if record.is_stack or record.is_provider]
    if fixed:
        raise StateError(
            "This cannot be moved.",
            "A stack's own resource and its providers stay with it:\n" + "\n".join(fixed),
            hint="move the resources; the providers that they use are copied.",
        )


def _refuse_taken(target: Side, new_urns: Mapping[str, str]) -> None:
    taken = sorted({record.urn for record in target.snapshot} & set(new_urns.values()))
    if taken:
        raise StateError(
            "The other stack has it already.",
            f"In the state of `{target.stack}`:\n" + "\n".join(taken) + "\nNothing was moved.",
            hint="delete it there first.",
        )


def _make_root(target: Side, project: str) -> None:
    urn = root_urn(project, target.stack)
    if target.snapshot.find(urn) is None:
        root = Record(urn=urn, type=urns.STACK_TYPE, custom=False, created=now(), modified=now())
        target.snapshot.put(target.snapshot.new_key(), root)
