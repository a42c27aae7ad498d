"""What the monitor asks, answered: the registrar for resources, the provider for invokes.

Whatever goes wrong here is the operation's error, and never the program's: the program is told that a resource failed,
and goes on without it, so that it always comes to an end.
"""

from __future__ import annotations

from typing import Any, Literal

from mlops_iac.core import urns
from mlops_iac.engine.doing.registrar import Registrar
from mlops_iac.engine.doing.retrying import retried
from mlops_iac.engine.handler import package_of
from mlops_iac.engine.program.goal import Answer, Goal
from mlops_iac.engine.program.hooks import Hook
from mlops_iac.engine.program.reading import exists, read
from mlops_iac.engine.values.value import reveal


class Engine:
    """One operation, as its program's monitor sees it. Methods are called from many threads."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar, self._operation = registrar, registrar.operation

    def register(self, goal: Goal) -> Answer:
        try:
            return self._registrar.register(goal)
        except Exception as error:
            return self._broken(goal, error)

    def register_outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        with self._operation.guarded():
            self._registrar.register_outputs(urn, outputs)

    def read(self, goal: Goal, id: str) -> Answer:
        try:
            return read(self._registrar, goal, id)
        except Exception as error:
            return self._broken(goal, error)

    def exists(self, goal: Goal, id: str) -> bool | None:
        """Raises what the cloud raises: it is the program that asked."""
        return exists(self._registrar, goal, id)

    def invoke(
        self, token: str, args: dict[str, Any], provider: str | None, version: str, after: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """Raises what the cloud raises: it is the program that asked."""
        registrar = self._registrar
        if registrar.is_any_unknown(after):
            return None
        reference = provider or registrar.providers.default(package_of(token), version)
        scope = registrar.providers.scope(reference, token)
        operation = self._operation
        package = operation.provider.package(package_of(token))

        def ask(number: int) -> dict[str, Any]:
            with operation.calling():
                return package.invoke(scope, token, reveal(args))

        return retried(ask, operation.patience, stopped=operation.cancelled.is_set)

    def add_hook(self, hook: Hook) -> None:
        self._operation.hooks.add(hook)

    def make_urn(self, type: str, name: str, parent: str | None) -> str:
        return urns.make(self._operation.stack, self._operation.project, type, name, parent)

    def log(self, severity: Literal["debug", "info", "warning", "error"], message: str, urn: str) -> None:
        self._operation.tell(severity, message, urn)

    def _broken(self, goal: Goal, error: Exception) -> Answer:
        self._operation.broke(error)
        urn = self.make_urn(goal.type, goal.name, goal.parent)
        self._registrar.note_failed(urn, goal)
        return Answer(urn=urn, failed=True)
