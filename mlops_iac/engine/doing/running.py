"""Runs a program against one operation: all that it registers is settled, then what it no longer names is deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.deciding.selection import refuse_needed
from mlops_iac.engine.doing.calls import Calls
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.registrar import Registrar
from mlops_iac.engine.doing.sweep import standing_alone, sweep
from mlops_iac.engine.program.answers import Engine
from mlops_iac.engine.state.record import Record

Program = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Where programs of one stack are run, and what they are told."""

    project: str
    stack: str
    config: Mapping[str, str]
    secret_config: frozenset[str]
    parallel: int
    """Calls at once, where the operation's options say nothing."""
    root: str = ""
    """The project's folder."""

    def register_all(
        self, operation: Operation, program: Program, finish: Callable[[Registrar], object] = lambda registrar: None
    ) -> Registrar:
        """Run the program, so that all it registers is settled, then ``finish``."""
        from mlops_iac.engine.program.monitor import Run
        from mlops_iac.engine.program.program import run_program

        providers = Providers(operation)
        registrar = Registrar(operation, providers, Calls(operation, providers))
        run = Run(
            project=self.project,
            stack=self.stack,
            config=self.config,
            secret_config=self.secret_config,
            dry=operation.dry,
            parallel=self.parallel_of(operation),
            root=self.root,
            stopping=operation.cancelled.is_set,
        )

        def over(raised: Exception | None) -> None:
            operation.error = operation.broken or raised
            with operation.guarded():
                registrar.close_components()
            finish(registrar)

        run_program(program, run, Engine(registrar), over)
        return registrar

    def try_out(self, operation: Operation, program: Program) -> Registrar:
        """Run the program, and find what it no longer names: in a dry operation, all that an `up` would do."""
        return self.register_all(operation, program, lambda registrar: self.sweep_orphans(operation, registrar))

    def sweep_orphans(self, operation: Operation, registrar: Registrar) -> None:
        wanted = {*registrar.seen, *registrar.providers.seen}
        doomed = {
            key: record for key, record in covered(operation).items() if record.delete or record.urn not in wanted
        }
        if registrar.failed:
            doomed = standing_alone(operation, doomed)
        with operation.guarded():
            if operation.expected:
                operation.expected.refuse_deletions(doomed.values())
            self.sweep(operation, registrar.calls, doomed)

    def sweep(self, operation: Operation, calls: Calls, doomed: Mapping[int, Record]) -> None:
        if operation.selection.is_partial:
            refuse_needed(doomed, operation.snapshot.records)
        sweep(operation, calls, doomed, parallel=self.parallel_of(operation))

    def parallel_of(self, operation: Operation) -> int:
        return operation.options.parallel or self.parallel


def covered(operation: Operation) -> dict[int, Record]:
    """What a deletion of all that the operation touches would delete."""
    selection = operation.selection
    return {key: record for key, record in operation.snapshot.records.items() if selection.may_delete(record.urn)}
