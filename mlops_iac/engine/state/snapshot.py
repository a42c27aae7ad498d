"""The resources of a stack as they are known in memory, and the operations that were begun and not settled."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mlops_iac.engine.deciding.graph import in_order
from mlops_iac.engine.state.record import Record

PendingKind = Literal["creating", "updating", "deleting", "reading", "importing"]


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An operation on the cloud that was begun and of which nobody has recorded the end."""

    kind: PendingKind
    record: Record


@dataclass
class Snapshot:
    """Records by key. Keys are numbers that stay with a record for as long as the snapshot lives:
    one URN can have several records while it is being replaced.
    """

    records: dict[int, Record] = field(default_factory=dict)
    pending: dict[int, Pending] = field(default_factory=dict)
    salt: str = ""
    """State of the passphrase secrets manager; empty while the stack has no secret."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    touched: dict[int, None] = field(default_factory=dict)
    """Keys in the order in which this operation settled them: they come first when the state is written."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._next = max([*self.records, *self.pending, -1]) + 1
        self._live = {record.urn: key for key, record in self.records.items() if not record.delete}

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records.values())

    def new_key(self) -> int:
        with self._lock:
            self._next += 1
            return self._next - 1

    def reserve(self, key: int) -> None:
        """Give out no key below this one."""
        self._next = max(self._next, key)

    def find(self, urn: str) -> Record | None:
        """The live record of a URN, not one that waits to be deleted."""
        key = self._live.get(urn)
        return None if key is None else self.records[key]

    def find_key(self, urn: str) -> int | None:
        return self._live.get(urn)

    def put(self, key: int, record: Record) -> None:
        before = self.records.get(key)
        if before is not None and self._live.get(before.urn) == key:
            del self._live[before.urn]
        self.reserve(key + 1)
        self.records[key] = record
        if not record.delete:
            self._live[record.urn] = key

    def drop(self, key: int) -> None:
        record = self.records.pop(key)
        self.touched.pop(key, None)
        if self._live.get(record.urn) == key:
            del self._live[record.urn]

    def touch(self, key: int) -> None:
        self.touched.setdefault(key)

    def rename(self, old: str, new: str) -> None:
        """Give a resource another URN, everywhere it is named."""
        for key, record in list(self.records.items()):
            renamed = _renamed(record, old, new)
            if renamed is not record:
                self.put(key, renamed)

    def ordered(self) -> list[Record]:
        """Every record after all that it needs."""
        keys = [*self.touched, *(key for key in self.records if key not in self.touched)]
        records = [self.records[key] for key in keys]
        by_urn: dict[str, list[Record]] = {}
        for record in records:
            by_urn.setdefault(record.urn, []).append(record)

        def needs(record: Record) -> Iterable[Record]:
            return (needed for urn in sorted(record.needs()) for needed in by_urn.get(urn, ()) if needed is not record)

        return in_order(records, needs)


def _renamed(record: Record, old: str, new: str) -> Record:
    def swap(urn: str) -> str:
        return new if urn == old else urn

    provider = record.provider
    if provider and record.provider_urn == old:
        provider = new + provider.removeprefix(old)
    changed = replace(
        record,
        urn=swap(record.urn),
        parent=swap(record.parent) if record.parent else None,
        provider=provider,
        dependencies=tuple(map(swap, record.dependencies)),
        property_dependencies={
            key: [swap(urn) for urn in group] for key, group in record.property_dependencies.items()
        },
        deleted_with=swap(record.deleted_with) if record.deleted_with else None,
        replace_with=tuple(map(swap, record.replace_with)),
    )
    return record if changed == record else changed
