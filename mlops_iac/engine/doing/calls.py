"""Calls to handlers: secrets unwrapped, outputs marked secret again, passing failures tried again, and a time limit."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.retrying import Kind, may_be_done, retried
from mlops_iac.engine.doing.unfinished import finish, takes_several_calls
from mlops_iac.engine.handler import Created, Handler, Scope, Unfinished, package_of
from mlops_iac.engine.state.record import Record, now
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.values.value import Props, Secret, conceal, conceal_copies, reveal, without_secrets

T = TypeVar("T")

LONGEST = 24 * 3600.0
"""Seconds; a time limit above it is cut to it."""


class TimedOut(CloudError):
    """A call took longer than the program allows. It may still be carried out."""

    def __init__(self, summary: str, detail: str = "", *, hint: str = "", resource: str = "") -> None:
        super().__init__(summary, detail, hint=hint, resource=resource, unsure=True)


def is_unsure(error: Exception) -> bool:
    """Whether the call may have been carried out, or still be: it then stays recorded as pending, and is looked up."""
    return isinstance(error, CloudError) and error.unsure


class Calls:
    """The cloud, as the rest of the engine asks it: in records."""

    def __init__(self, operation: Operation, providers: Providers) -> None:
        self._operation, self._providers = operation, providers

    def handler(self, type: str) -> Handler:
        return self._operation.provider.package(package_of(type)).handler(type)

    def scope(self, record: Record) -> Scope:
        return self._providers.scope(record.provider, record.type)

    def create(self, record: Record) -> Record:
        """Make it. When an answer was lost, it is looked up first whether the resource was made: it is never made
        twice, and what an earlier try left unfinished is finished. Raises `Unfinished` when that cannot be."""
        handler, scope = self.handler(record.type), self.scope(record)
        inputs = reveal(record.inputs)
        lost: list[Exception] = []
        made: list[Created] = []

        def attempt(number: int) -> Created:
            if made:
                return finish(handler, scope, made[0], begun_with=inputs, inputs=inputs)
            found = handler.find(scope, inputs) if lost else None
            if found and not is_known(self._operation.snapshot, record.type, found.id):
                return self._finished(handler, scope, inputs, found)
            try:
                return handler.create(scope, inputs)
            except Unfinished as error:
                made.append(error.made)
                raise
            except Exception as error:
                if may_be_done(error):
                    lost.append(error)
                raise

        return self._with_outputs(record, handler, self._call(record, "create", attempt), fresh=True)

    def unfinished(self, record: Record, error: Unfinished) -> Record:
        """What is recorded of a create that was begun: all that is known, and why it was not finished."""
        known = self._with_outputs(record, self.handler(record.type), error.made, fresh=True)
        return replace(known, init_errors=(without_secrets(str(error), record.inputs),))

    def update(self, old: Record, new: Record) -> Record:
        handler, scope = self.handler(new.type), self.scope(new)
        before, after = reveal(old.inputs), reveal(new.inputs)
        known = Created(old.id, reveal(old.outputs))

        def attempt(number: int) -> Created:
            if old.init_errors:
                return finish(handler, scope, known, begun_with=before, inputs=after)
            return Created(old.id, handler.update(scope, old.id, before, after, known.outputs))

        return self._with_outputs(new, handler, self._call(new, "update", attempt))

    def delete(self, record: Record) -> None:
        handler, scope = self.handler(record.type), self.scope(record)
        self._call(record, "delete", lambda number: handler.delete(scope, record.id, reveal(record.outputs)))

    def read(self, record: Record) -> Record | None:
        """The record as the cloud has it now; None when it is gone."""
        handler, scope = self.handler(record.type), self.scope(record)
        found = self._call(record, "read", lambda number: handler.read(scope, record.id, reveal(record.outputs)))
        return self._with_outputs(record, handler, found) if found else None

    def find(self, record: Record) -> Record | None:
        """What a create that was cut off has made, looked up by its physical name."""
        handler, scope = self.handler(record.type), self.scope(record)
        found = self._call(record, "read", lambda number: handler.find(scope, reveal(record.inputs)))
        return self._with_outputs(record, handler, found, fresh=True) if found else None

    @staticmethod
    def _finished(handler: Handler, scope: Scope, inputs: Props, found: Created) -> Created:
        """What a create of several calls had not come to when its answer was lost is made by an update."""
        if takes_several_calls(handler, inputs):
            return finish(handler, scope, found, begun_with=inputs, inputs=inputs)
        there = {key: found.outputs[key] for key in inputs if key in found.outputs}
        if not diff(there, {key: inputs[key] for key in there}):
            return found
        return Created(found.id, handler.update(scope, found.id, there, inputs, found.outputs))

    def _with_outputs(self, record: Record, handler: Handler, made: Created, *, fresh: bool = False) -> Record:
        time = now()
        return replace(
            record,
            id=made.id,
            outputs=conceal_copies(sealed(made.outputs, record, handler), record.inputs),
            created=time if fresh or not record.created else record.created,
            modified=time,
        )

    def _call(self, record: Record, kind: Kind, call: Callable[[int], T]) -> T:
        """Within the time that the resource, or else the engine, allows for it; with all tries together."""
        operation = self._operation
        limit = min(record.custom_timeouts.get(kind) or operation.limits[kind], LONGEST)
        with operation.calling():
            return _within(
                limit,
                lambda: retried(call, operation.patience, stopped=operation.cancelled.is_set),
                record,
                kind,
                own=bool(record.custom_timeouts.get(kind)),
            )


def is_known(snapshot: Snapshot, type: str, id: str) -> bool:
    """Whether state has this very resource: a find by name may come upon another one of the stack.

    One that was deleted to be replaced is gone, and its id may come again.
    """
    return any(known.type == type and known.id == id and not known.pending_replacement for known in snapshot)


def sealed(outputs: dict[str, Any], record: Record, handler: Handler) -> dict[str, Any]:
    """Outputs with those marked secret that the handler, the program, or a secret input makes so."""
    outputs = {key: value for key, value in outputs.items() if value is not None}
    for key in {*handler.secrets(), *record.additional_secret_outputs}:
        if key in outputs and not isinstance(outputs[key], Secret):
            outputs[key] = Secret(outputs[key])
    return {
        key: conceal(value, record.inputs[key]) if key in record.inputs else value for key, value in outputs.items()
    }


def _within(seconds: float, call: Callable[[], T], record: Record, kind: Kind, *, own: bool) -> T:
    """Run the call on a thread that is left behind when it takes too long."""
    answer: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not answer and thread.is_alive():
        whose = "the resource's own limit" if own else "the limit where the resource sets none"
        raise TimedOut(
            "The call took too long.",
            f"The {kind} of {record.name} ({record.type}) was not done after {seconds:g} s, {whose}.",
            hint=f"set `custom_timeouts` with a longer `{kind}`, or run the command again: it looks first for what"
            " became of the call.",
            resource=record.urn,
        )
    return answer[0]
