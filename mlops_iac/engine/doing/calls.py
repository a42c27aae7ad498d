"""Calls to handlers: secrets unwrapped, outputs marked secret again, passing failures tried again, and a time limit."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.retrying import Kind, may_be_done, retried
from mlops_iac.engine.doing.unfinished import takes_several_calls
from mlops_iac.engine.handler import Created, Handler, Unfinished, package_of
from mlops_iac.engine.life_cycle import LifeCycle
from mlops_iac.engine.state.record import Record, now
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.values.value import Props, reveal, without_secrets

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

    def life_cycle(self, record: Record) -> LifeCycle:
        return LifeCycle(self.handler(record.type), self._providers.scope(record.provider, record.type))

    def create(self, record: Record) -> Record:
        """Make it. When an answer was lost, it is looked up first whether the resource was made: it is never made
        twice, and what an earlier try left unfinished is finished. Raises `Unfinished` when that cannot be."""
        life, inputs = self.life_cycle(record), record.inputs
        lost: list[Exception] = []
        made: list[Created] = []

        def attempt(number: int) -> Created:
            if made:
                return life.update(made[0].id, inputs, inputs, made[0].outputs, begun=True)
            found = life.find(inputs) if lost else None
            if found and not is_known(self._operation.snapshot, record.type, found.id):
                return self._finished(life, inputs, found)
            try:
                return life.create(inputs)
            except Unfinished as error:
                made.append(error.made)
                raise
            except Exception as error:
                if may_be_done(error):
                    lost.append(error)
                raise

        return self._with_outputs(record, life, self._call(record, "create", attempt), fresh=True)

    def unfinished(self, record: Record, error: Unfinished) -> Record:
        """What is recorded of a create that was begun: all that is known, and why it was not finished."""
        known = self._with_outputs(record, self.life_cycle(record), error.made, fresh=True)
        return replace(known, init_errors=(without_secrets(str(error), record.inputs),))

    def update(self, old: Record, new: Record) -> Record:
        life = self.life_cycle(new)

        def attempt(number: int) -> Created:
            return life.update(old.id, old.inputs, new.inputs, old.outputs, begun=bool(old.init_errors))

        return self._with_outputs(new, life, self._call(new, "update", attempt))

    def delete(self, record: Record) -> None:
        life = self.life_cycle(record)
        self._call(record, "delete", lambda number: life.delete(record.id, record.outputs))

    def read(self, record: Record) -> Record | None:
        """The record as the cloud has it now; None when it is gone."""
        life = self.life_cycle(record)
        found = self._call(record, "read", lambda number: life.read(record.id, record.outputs))
        return self._with_outputs(record, life, found) if found else None

    def find(self, record: Record) -> Record | None:
        """What a create that was cut off has made, looked up by its physical name."""
        life = self.life_cycle(record)
        found = self._call(record, "read", lambda number: life.find(record.inputs))
        return self._with_outputs(record, life, found, fresh=True) if found else None

    @staticmethod
    def _finished(life: LifeCycle, inputs: Props, found: Created) -> Created:
        """What a create of several calls had not come to when its answer was lost is made by an update."""
        if takes_several_calls(life.handler, reveal(inputs)):
            return life.update(found.id, inputs, inputs, found.outputs, begun=True)
        there = {key: found.outputs[key] for key in inputs if key in found.outputs}
        if not diff(there, {key: inputs[key] for key in there}):
            return found
        return life.update(found.id, there, inputs, found.outputs)

    def _with_outputs(self, record: Record, life: LifeCycle, made: Created, *, fresh: bool = False) -> Record:
        time = now()
        return replace(
            record,
            id=made.id,
            outputs=life.seal(made.outputs, record.inputs, record.additional_secret_outputs),
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
