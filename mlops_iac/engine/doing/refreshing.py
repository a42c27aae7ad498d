"""Brings the state to what the cloud says."""

from __future__ import annotations

from dataclasses import replace

from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.doing.calls import Calls
from mlops_iac.engine.doing.operation import Operation, make_step
from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.program.workers import Workers
from mlops_iac.engine.state.record import Record


def refresh(operation: Operation, calls: Calls, *, parallel: int, counted: bool = True) -> None:
    """Read every resource that the operation touches, and record what was found.

    A preview records it in its own snapshot only. ``counted`` is False when the operation is about something else.
    """
    keys = [
        key
        for key, record in operation.snapshot.records.items()
        if _is_read(record) and operation.selection.covers(record.urn)
    ]
    with Workers(parallel) as pool:
        for future in [pool.submit(_refresh, operation, calls, key, counted) for key in keys]:
            future.result()
    if counted:
        _count_components(operation)


def _count_components(operation: Operation) -> None:
    """Components and the stack are in no cloud, and as they were: they are counted, as `up` counts them."""
    for record in list(operation.snapshot):
        if not record.custom and not record.delete and operation.selection.covers(record.urn):
            operation.told(make_step(Op.SAME, old=record, new=record))


def seen_now(old: Record, found: Record) -> Record:
    """The old record with what was found: outputs as they are, and inputs where they no longer say the truth.

    An input follows the output of the same name when that output changed, so that the next preview shows the drift.
    """
    drifted = {key for key in {*old.outputs, *found.outputs} if diff(_one(old.outputs, key), _one(found.outputs, key))}
    inputs = {
        key: found.outputs.get(key) if key in drifted else value
        for key, value in old.inputs.items()
        if key not in drifted or key in found.outputs
    }
    return found if not drifted else replace(found, inputs=inputs)


def _one(values: dict[str, object], key: str) -> dict[str, object]:
    return {key: values[key]} if key in values else {}


def _refresh(operation: Operation, calls: Calls, key: int, counted: bool) -> None:
    if operation.cancelled.is_set():
        return
    old = operation.snapshot.records[key]
    step = make_step(Op.REFRESH, old=old, new=old)
    began = operation.look(step)
    try:
        found = calls.read(old)
    except Exception as error:
        operation.failed(step, error, began)
        return
    operation.found(_settle(operation, key, old, found), began, counted=counted)


def _settle(operation: Operation, key: int, old: Record, found: Record | None) -> Step:
    """Record what was found; answers the step that says what it means."""
    if found is None:
        _record(operation, key, None)
        return make_step(Op.DELETE, old=old)
    record = seen_now(old, found)
    changes = diff(old.outputs, record.outputs)
    if not changes:
        return make_step(Op.SAME, old=old, new=old)
    _record(operation, key, record)
    return make_step(Op.UPDATE, old=old, new=record, diff=changes)


def _record(operation: Operation, key: int, record: Record | None) -> None:
    if operation.journal is not None:
        operation.journal.end(None, put={key: record} if record else {}, drop=() if record else (key,))
    elif record is None:
        operation.snapshot.drop(key)
    else:
        operation.snapshot.put(key, record)


def _is_read(record: Record) -> bool:
    """Whether the cloud knows of it; it does not of Pulumi's own: providers, references to other stacks."""
    return (
        record.custom and not record.type.startswith("pulumi:") and not record.pending_replacement and bool(record.id)
    )
