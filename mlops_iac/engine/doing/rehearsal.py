"""The whole program, run dry before the first thing that an `up` changes: what a preview refuses, an `up` refuses too.

An `up` runs its program once for as long as nothing changes. What changes first, a call or a record, waits here until a
dry run of the whole program has ended well. So an `up` that changes nothing costs one run, and of one that is refused
nothing is left, in the cloud or in the state. (The Pulumi CLI previews before each `up`, changes or none.)

The two runs are side by side, in two contexts of the SDK, as its inline programs are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlops_iac.engine.deciding.protection import Protected, refuse_all
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.running import Program, Runner
from mlops_iac.engine.event import Step

Inspect = Callable[[Sequence[Step], Mapping[str, Any]], object]
"""Is shown the steps of a dry run and the stack's outputs, and raises what forbids them."""


def see_nothing(steps: Sequence[Step], outputs: Mapping[str, Any]) -> None:
    """For who has nothing to forbid."""


class Rehearsal:
    """Runs once, for whoever comes first; the others wait for it. What it found is raised to all of them."""

    def __init__(
        self, trial: Callable[[], Operation], runner: Runner, program: Program, inspect: Inspect = see_nothing
    ) -> None:
        """``trial`` makes a dry operation on a copy of what is known; ``inspect`` sees what it came to."""
        self._trial, self._runner, self._program, self._inspect = trial, runner, program, inspect
        self._lock = threading.Lock()
        self._is_over = False
        self._refusal: Exception | None = None

    def __call__(self) -> None:
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._refusal = self._rehearse()
        if self._refusal is not None:
            raise self._refusal

    def _rehearse(self) -> Exception | None:
        trial = self._trial()
        registrar = self._runner.try_out(trial, self._program)
        errors = [trial.error, *(failure.error for failure in trial.failures)]
        try:
            refuse_all(errors)
        except Protected as protected:
            return protected
        # What a dry run only fears, because it does not know all values, is found out when they are known.
        trial.failures = [failure for failure in trial.failures if not _is_only_feared(failure.error)]
        return trial.result({}).error or self._inspected(trial, registrar.stack_outputs or {})

    def _inspected(self, trial: Operation, outputs: Mapping[str, Any]) -> Exception | None:
        try:
            self._inspect(trial.steps, outputs)
        except Exception as error:
            return error
        return None


def _is_only_feared(error: Exception) -> bool:
    return isinstance(error, Protected) and not error.is_certain
