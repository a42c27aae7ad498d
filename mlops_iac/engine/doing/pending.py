"""Operations that were begun and whose end nobody recorded: what became of them is looked up before all else."""

from __future__ import annotations

from dataclasses import replace

from mlops_iac.core.errors import Cancelled
from mlops_iac.engine.doing.calls import Calls, is_known
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.refreshing import seen_now
from mlops_iac.engine.doing.unfinished import CUT_OFF, takes_several_calls
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Pending
from mlops_iac.engine.values.value import reveal

_CALLS = {"creating": "create", "updating": "update", "deleting": "delete", "reading": "read", "importing": "import"}
_DOING = {
    "creating": "created",
    "updating": "updated",
    "deleting": "deleted",
    "reading": "read",
    "importing": "imported",
}


def interrupted(operation: Operation) -> Cancelled:
    """What is said after a second Ctrl-C: the calls of which nobody waits for the end."""
    lines = [
        f"the {_CALLS[pending.kind]} of {pending.record.name} ({pending.record.type})"
        for pending in list(operation.snapshot.pending.values())
    ]
    told = "What became of these is not known:\n" + "\n".join(lines) if lines else "Nothing was in flight."
    return Cancelled("Stopped at once.", told, hint="run the command again: it looks up first what became of them.")


def tell_pending(operation: Operation) -> None:
    """What a preview says: it asks no cloud."""
    for pending in operation.snapshot.pending.values():
        name = pending.record.name
        operation.tell(
            "warning",
            f"An earlier operation was cut off while {name} was being {_DOING[pending.kind]};"
            " the next `up` looks up what became of it.",
            pending.record.urn,
        )


def resolve_pending(operation: Operation, calls: Calls) -> None:
    """Look each one up, and record what is true. Raises what the cloud raises: nothing is forgotten."""
    for number, pending in list(operation.snapshot.pending.items()):
        what = _resolve(operation, calls, number, pending)
        operation.tell(
            "warning", f"An earlier operation on {pending.record.name} was cut off: {what}.", pending.record.urn
        )


def _resolve(operation: Operation, calls: Calls, number: int, pending: Pending) -> str:
    if pending.kind == "creating":
        return _resolve_create(operation, calls, number, pending.record)
    if pending.kind in ("updating", "deleting"):
        return _resolve_change(operation, calls, number, pending)
    operation.must_journal.end(number)
    return "there is nothing to mend"


def _resolve_create(operation: Operation, calls: Calls, number: int, record: Record) -> str:
    """Adopt what the create has made, if it has."""
    journal, snapshot = operation.must_journal, operation.snapshot
    found = calls.find(record)
    found = found and _adopted(calls, record, found)
    if found is None or is_known(snapshot, record.type, found.id):
        journal.end(number)
        return "it was not created"
    key = snapshot.find_key(record.urn)
    old = None if key is None else snapshot.records[key]
    if key is None or old is None:
        journal.end(number, put={snapshot.new_key(): found})
    elif old.pending_replacement or old.external:
        journal.end(number, put={key: found})
    else:
        journal.end(number, put={key: replace(old, delete=True), snapshot.new_key(): found})
    return f"it had been created, and is adopted as {found.id}"


def _adopted(calls: Calls, record: Record, found: Record) -> Record:
    """A create that takes several calls may have been cut off between two of them: the next `up` makes the later ones
    again."""
    adopted = seen_now(_as_asked(record, found), found)
    several = takes_several_calls(calls.handler(record.type), reveal(record.inputs))
    return replace(adopted, init_errors=(CUT_OFF,)) if several else adopted


def _as_asked(record: Record, found: Record) -> Record:
    """The record as if all its inputs had come true: where they have not, the next `up` is to see a difference."""
    return replace(record, outputs={**found.outputs, **{k: v for k, v in record.inputs.items() if k in found.outputs}})


def _resolve_change(operation: Operation, calls: Calls, number: int, pending: Pending) -> str:
    """Read what is there now. An update that was cut off shows as a difference, and is made again if still wanted."""
    journal, snapshot = operation.must_journal, operation.snapshot
    keys = [
        key
        for key, record in snapshot.records.items()
        if record.urn == pending.record.urn and record.id == pending.record.id and not record.pending_replacement
    ]
    if not keys:
        journal.end(number)
        return "there is nothing to mend"
    old = snapshot.records[keys[0]]
    found = calls.read(old)
    if found is None:
        journal.end(number, drop=(keys[0],))
        return "it is gone"
    journal.end(number, put={keys[0]: seen_now(old, found)})
    return "it is there, and its state was read"
