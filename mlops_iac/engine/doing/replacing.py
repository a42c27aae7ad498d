"""Replacing a resource: what must be deleted before its replacement is made, and what waits until after."""

from __future__ import annotations

import threading
from collections.abc import Container
from dataclasses import replace

from mlops_iac.engine.deciding.protection import refuse_dependents
from mlops_iac.engine.doing.calls import Calls, is_unsure
from mlops_iac.engine.doing.operation import Operation, make_step
from mlops_iac.engine.event import Op
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.values.value import UNKNOWN


class Replacing:
    def __init__(self, operation: Operation, calls: Calls) -> None:
        self._operation, self._calls = operation, calls
        self._lock = threading.Lock()

    def waits(self, old: Record) -> None:
        """In a preview: this one would wait to be deleted until its replacement is there, as `up` records it."""
        key = self._operation.snapshot.find_key(old.urn)
        if key is not None:
            self._operation.snapshot.put(key, replace(old, delete=True))

    def delete_first(self, old: Record, registered: Container[str]) -> None:
        """Delete a resource that cannot exist beside its replacement, after those that cannot exist without it.

        Raises PlanError, before anything is touched, when one of them is protected.
        """
        with self._lock:
            doomed = [*self._dependents(old, registered), old]
            refuse_dependents([record for record in doomed[:-1] if record.protect], old)
            self._operation.hooks.refuse_missing(doomed)
            for record in doomed:
                self._delete(record)

    def _dependents(self, old: Record, registered: Container[str]) -> list[Record]:
        """Resources whose own inputs come from this one and would have to be replaced with it, deepest first."""
        found: dict[str, Record] = {}
        waiting = [old]
        while waiting:
            base = waiting.pop()
            for record in self._operation.snapshot:
                if record.urn in found or record.urn in registered or not _is_ours(record):
                    continue
                if self._falls_with(record, base):
                    found[record.urn] = record
                    waiting.append(record)
        ordered = self._operation.snapshot.ordered()
        return [record for record in reversed(ordered) if record.urn in found]

    def _falls_with(self, record: Record, base: Record) -> bool:
        """Whether the record is tied to ``base``, or would be replaced if what it takes from it were not known."""
        if base.urn == record.deleted_with or base.urn in record.replace_with:
            return True
        taken = frozenset(key for key, group in record.property_dependencies.items() if base.urn in group)
        if not taken:
            return False
        new = {key: UNKNOWN if key in taken else value for key, value in record.inputs.items()}
        return bool(self._calls.life_cycle(record).forcing(record.inputs, new, taken))

    def _delete(self, record: Record) -> None:
        operation = self._operation
        step = make_step(Op.DELETE_REPLACED, old=record, logical=False)
        began = operation.begin(step)
        gone = replace(record, pending_replacement=True)
        key = operation.snapshot.find_key(record.urn)
        if key is None or record.pending_replacement:
            operation.done(step, began)
            return
        if operation.dry:
            operation.snapshot.put(key, gone)
            operation.done(step, began)
            return
        journal, number = operation.must_journal, None
        try:
            operation.hooks.run("BeforeDelete", old=record)
            number = journal.begin("deleting", record)
            if not record.retain_on_delete:
                self._calls.delete(record)
        except Exception as error:
            if number is not None and not is_unsure(error):
                journal.end(number)
            operation.failed(step, error, began)
            raise
        journal.end(number, put={key: gone})
        operation.hooks.run("AfterDelete", old=record)
        operation.done(step, began)


def _is_ours(record: Record) -> bool:
    is_there = not (record.external or record.delete or record.pending_replacement)
    return record.custom and not record.is_provider and is_there
