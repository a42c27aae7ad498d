"""Brings the state to what the cloud says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from mlops_iac.engine.calls import Calls
from mlops_iac.engine.diff import diff
from mlops_iac.engine.event import Op
from mlops_iac.engine.operation import Operation, make_step, now_is
from mlops_iac.engine.record import Record


def refresh(operation: Operation, calls: Calls, *, parallel: int, keep: bool) -> None:
    """Read every resource. With ``keep`` false, what was found is told and not recorded."""
    keys = [key for key, record in operation.snapshot.records.items() if _is_read(record)]
    with ThreadPoolExecutor(parallel, thread_name_prefix="refresh") as pool:
        for future in [pool.submit(_refresh, operation, calls, key, keep) for key in keys]:
            future.result()


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


def _refresh(operation: Operation, calls: Calls, key: int, keep: bool) -> None:
    if operation.cancelled.is_set():
        return
    old = operation.snapshot.records[key]
    step = make_step(Op.REFRESH, old=old, new=old)
    began = operation.begin(step)
    try:
        found = calls.read(old)
    except Exception as error:
        operation.failed(step, error, began)
        return
    if found is None:
        if keep:
            operation.must_journal.end(None, drop=(key,))
        operation.done(make_step(Op.DELETE, old=old), began)
        return
    record = seen_now(old, found)
    changes = diff(old.outputs, record.outputs)
    if not changes:
        operation.done(make_step(Op.SAME, old=old, new=old), began)
        return
    if keep:
        operation.must_journal.end(None, put={key: record})
    operation.done(now_is(make_step(Op.UPDATE, old=old, new=record, diff=changes), record), began)


def _is_read(record: Record) -> bool:
    return record.custom and not record.is_provider and not record.pending_replacement and bool(record.id)
