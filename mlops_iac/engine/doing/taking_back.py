"""A move to another place that went half way and is taken back: what was there is still there, and is kept.

Its record waits to be deleted, because its replacement elsewhere exists already. To make it anew would fail where it
has a name of its own, and would lose what it holds where it has none. Pulumi's own engine makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.record import Record


def waiting(operation: Operation, providers: Providers, goal: Goal, old: Record | None) -> Iterator[Record]:
    """Records of a resource, as they were before they waited, that lie where it is to be; it stands elsewhere now."""
    if old is None or not old.provider:
        return
    left = [record for record in operation.snapshot if record.urn == old.urn and record.delete and record.custom]
    if not left:
        return
    place = providers.place(goal.provider or providers.default(goal.package, goal.version))
    if providers.place(old.provider) == place:
        return
    for record in left:
        if record.provider and not record.external and providers.place(record.provider) == place:
            yield replace(record, delete=False)


def take_back(operation: Operation, back: Record) -> None:
    """Let it stand again, and what stood in its place wait to be deleted."""
    snapshot, standing = operation.snapshot, operation.snapshot.find_key(back.urn)
    key = next(key for key, record in snapshot.records.items() if record == replace(back, delete=True))
    put = {} if standing is None else {standing: replace(snapshot.records[standing], delete=True)}
    put[key] = back
    if not operation.dry:
        operation.before_change()
        operation.must_journal.end(None, put=put)
        return
    for each, record in put.items():
        snapshot.put(each, record)
