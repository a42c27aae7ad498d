"""Calls to handlers: secrets unwrapped, outputs marked secret again, and a time limit where the program set one."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Handler, Scope
from mlops_iac.engine.operation import Operation
from mlops_iac.engine.providers import Providers
from mlops_iac.engine.record import Record, now
from mlops_iac.engine.values import Secret, conceal, reveal

T = TypeVar("T")

LONGEST = 24 * 3600.0
"""Seconds; a time limit above it is cut to it."""


def is_unsure(error: Exception) -> bool:
    """Whether the call may have been carried out, or still be: it then stays recorded as pending, and is looked up."""
    return isinstance(error, CloudError) and error.unsure


class Calls:
    """The cloud, as the rest of the engine asks it: in records."""

    def __init__(self, operation: Operation, providers: Providers) -> None:
        self._operation, self._providers = operation, providers

    def handler(self, type: str) -> Handler:
        return self._operation.provider.handler(type)

    def scope(self, record: Record) -> Scope:
        return self._providers.scope(record.provider)

    def create(self, record: Record) -> Record:
        handler, scope = self.handler(record.type), self.scope(record)
        created = self._call(record, "create", lambda: handler.create(scope, reveal(record.inputs)))
        return self._with_outputs(record, handler, created, fresh=True)

    def update(self, old: Record, new: Record) -> Record:
        handler, scope = self.handler(new.type), self.scope(new)
        outputs = self._call(
            new,
            "update",
            lambda: handler.update(scope, old.id, reveal(old.inputs), reveal(new.inputs), reveal(old.outputs)),
        )
        return self._with_outputs(new, handler, Created(old.id, outputs))

    def delete(self, record: Record) -> None:
        handler, scope = self.handler(record.type), self.scope(record)
        self._call(record, "delete", lambda: handler.delete(scope, record.id, reveal(record.outputs)))

    def read(self, record: Record) -> Record | None:
        """The record as the cloud has it now; None when it is gone."""
        handler, scope = self.handler(record.type), self.scope(record)
        found = self._call(record, "read", lambda: handler.read(scope, record.id, reveal(record.outputs)))
        return self._with_outputs(record, handler, found) if found else None

    def find(self, record: Record) -> Record | None:
        """What a create that was cut off has made, looked up by its physical name."""
        handler, scope = self.handler(record.type), self.scope(record)
        found = self._call(record, "read", lambda: handler.find(scope, reveal(record.inputs)))
        return self._with_outputs(record, handler, found, fresh=True) if found else None

    def _with_outputs(self, record: Record, handler: Handler, made: Created, *, fresh: bool = False) -> Record:
        time = now()
        return replace(
            record,
            id=made.id,
            outputs=sealed(made.outputs, record, handler),
            created=time if fresh or not record.created else record.created,
            modified=time,
        )

    def _call(self, record: Record, kind: str, call: Callable[[], T]) -> T:
        with self._operation.calling():
            limit = record.custom_timeouts.get(kind)
            return call() if not limit else _within(min(limit, LONGEST), call, record, kind)


def sealed(outputs: dict[str, Any], record: Record, handler: Handler) -> dict[str, Any]:
    """Outputs with those marked secret that the handler, the program, or a secret input makes so."""
    outputs = {key: value for key, value in outputs.items() if value is not None}
    for key in {*handler.secrets(), *record.additional_secret_outputs}:
        if key in outputs and not isinstance(outputs[key], Secret):
            outputs[key] = Secret(outputs[key])
    return {
        key: conceal(value, record.inputs[key]) if key in record.inputs else value for key, value in outputs.items()
    }


def _within(seconds: float, call: Callable[[], T], record: Record, kind: str) -> T:
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
        raise CloudError(
            "The call took too long.",
            f"The {kind} of {record.name} was not done after {seconds:g} s, the resource's own limit.",
            hint="raise `custom_timeouts`, or run the command again: it looks first for what became of the call.",
            resource=record.urn,
            unsure=True,
        )
    return answer[0]
