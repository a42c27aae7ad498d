"""The embedded engine: preview, up, refresh and destroy of one stack, with Pulumi's words and Pulumi's state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.deciding.expecting import Expected
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.deciding.plan_file import SavedPlan, load_plan, save_plan, state_digests
from mlops_iac.engine.deciding.planned import planned_resources
from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.deciding.selection import (
    EVERYTHING,
    Known,
    Selection,
    select,
    without_what_others_need,
)
from mlops_iac.engine.doing.calls import Calls
from mlops_iac.engine.doing.interrupt import interrupt_sets
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.pending import interrupted, resolve_pending, tell_pending
from mlops_iac.engine.doing.refreshing import refresh
from mlops_iac.engine.doing.registrar import Registrar
from mlops_iac.engine.doing.rehearsal import Inspect, Rehearsal, see_nothing
from mlops_iac.engine.doing.retrying import LIMITS, Kind, Patience
from mlops_iac.engine.doing.running import Program, Runner, covered
from mlops_iac.engine.event import OnEvent, Result, ignore
from mlops_iac.engine.handler import Provider, package_of
from mlops_iac.engine.program.own_package import WithOwnPackage
from mlops_iac.engine.state.history import History
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_file import ORGANIZATION
from mlops_iac.engine.state.state_store import FileStore, Session
from mlops_iac.engine.values.secrets import PassphraseManager
from mlops_iac.engine.values.value import Secret, reveal


class Deployment:
    """One stack of one project, and where it is deployed."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        provider: Provider,
        store: FileStore,
        config: Mapping[str, str],
        secret_config: frozenset[str] = frozenset(),
        parallel: int = 8,
        limits: Mapping[Kind, float] = LIMITS,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        root: str = "",
    ) -> None:
        """``config`` is flat: ``{"cloud:region": "eu-west-1"}``. ``parallel`` is the number of calls at once;
        ``limits`` are the seconds that a call may take, and ``patience`` says how often a passing failure is tried
        again.
        ``root`` is the project's folder, for programs that ask.
        """
        self.project, self.stack = project, stack
        self.provider, self.store = WithOwnPackage(provider), store
        self.config, self.secret_config = dict(config), secret_config
        self._runner = Runner(
            project=project,
            stack=stack,
            config=self.config,
            secret_config=secret_config,
            parallel=parallel,
            root=root,
        )
        self.limits, self.patience = limits, patience

    def preview(self, program: Program, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        """What `up` would do. Writes nothing, needs no lock, and asks no cloud, unless it is to refresh first.

        Raises UsageError when the options name a resource that is not there.
        """
        selection = self._select(options, program)
        snapshot, manager = self.store.read(self.stack)
        if manager.has_state:
            manager.warm()
        operation = self._operation(snapshot, None, on_event, options=options, selection=selection)
        tell_pending(operation)
        state = state_digests(snapshot)
        with interrupt_sets(operation.cancelled):
            self._refresh_first(operation)
            outputs = self._run(operation, program, saves=lambda plans: self._save(operation, plans, state, manager))
            return operation.result(outputs)

    def up(
        self,
        program: Program,
        *,
        on_event: OnEvent = ignore,
        options: Options = DEFAULTS,
        before: Callable[[], object] | None = None,
        inspect: Inspect = see_nothing,
    ) -> Result:
        """Make it so. ``before`` is called once, before the first call that reaches the cloud, if there is any;
        ``inspect`` sees the dry run of the whole program, if there is one, and again all there is before anything is
        deleted, and may forbid it.

        Raises StateError when the stack is locked or its state cannot be read, and UsageError when the options name a
        resource that is not there. What goes wrong later is in the result.
        """
        selection = self._select(options, program)
        with self._session("update", on_event, options, selection, before) as (session, operation):
            resolve_pending(operation, self._calls(operation))
            if options.plan:
                plan = load_plan(options.plan, self.store.passphrase)
                operation.expected = self._expected(plan, operation, program, inspect)
            self._refresh_first(operation)
            if not options.plan and not options.skip_preview:
                operation.rehearsal = Rehearsal(lambda: self._trial(operation), self._runner, program, inspect)
                if not operation.snapshot.records:  # everything is new: no need to run until the first of it is met
                    with operation.guarded():
                        operation.before_change()
            outputs: Mapping[str, Any] = self._last_outputs(operation.snapshot)
            if not operation.stopped:
                outputs = self._run(operation, program, inspect=inspect)
            return self._conclude("update", session, operation, outputs)

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        """Delete everything, what stands on others first.

        Raises PlanError, deleting nothing, if one is protected, or if something that stays stands on one.
        """
        options.refuse("destroy", replaces="--replace", plan="--plan")
        snapshot = self.store.get(self.stack)
        selection = self._select(options, snapshot=snapshot, destroys=True)
        if preview:
            operation = self._operation(snapshot, None, on_event, options=options, selection=selection)
            tell_pending(operation)
            self._refresh_first(operation)
            self._runner.sweep(operation, self._calls(operation), covered(operation))
            return operation.result({})
        with self._session("destroy", on_event, options, selection) as (session, operation):
            calls = self._calls(operation)
            resolve_pending(operation, calls)
            self._refresh_first(operation)
            if not operation.stopped:
                self._runner.sweep(operation, calls, covered(operation))
            return self._conclude("destroy", session, operation, self._last_outputs(operation.snapshot))

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        """Read what is really there into the state; with ``preview``, only tell what differs."""
        options.refuse("refresh", replaces="--replace", plan="--plan", refresh="--refresh")
        snapshot = self.store.get(self.stack)
        selection = self._select(options, snapshot=snapshot)
        if preview:
            operation = self._operation(snapshot, None, on_event, options=options, selection=selection)
            tell_pending(operation)
            refresh(operation, self._calls(operation), parallel=self._runner.parallel_of(operation))
            return operation.result(self._last_outputs(operation.snapshot))
        with self._session("refresh", on_event, options, selection) as (session, operation):
            calls = self._calls(operation)
            resolve_pending(operation, calls)
            refresh(operation, calls, parallel=self._runner.parallel_of(operation))
            return self._conclude("refresh", session, operation, self._last_outputs(operation.snapshot))

    def _run(
        self,
        operation: Operation,
        program: Program,
        saves: Callable[[Registrar], object] = lambda registrar: None,
        inspect: Inspect = see_nothing,
    ) -> Mapping[str, Any]:
        """Run the program against the engine, then delete what it no longer names. Answers the stack's outputs.

        ``inspect`` sees what there will be before anything is deleted: what only drops something had no dry run.
        """
        outputs: dict[str, Any] = {}

        def finish(registrar: Registrar) -> None:
            fine = operation.error is None and not operation.failures and not operation.cancelled.is_set()
            if operation.error is None and not operation.stopped:
                with operation.guarded():
                    inspect(operation.steps, registrar.stack_outputs or {})
            if operation.error is None and not operation.stopped:
                self._runner.sweep_orphans(operation, registrar)
            with operation.guarded():
                completed = fine and not operation.selection.is_partial
                outputs.update(registrar.close_stack(completed=completed))
                if operation.keeps_plans and fine and operation.error is None:
                    saves(registrar)

        self._runner.register_all(operation, program, finish)
        return outputs

    def _save(
        self, operation: Operation, registrar: Registrar, state: Mapping[str, str], manager: PassphraseManager
    ) -> None:
        """Write what a preview found to the file that its options name."""
        plan = SavedPlan(
            stack=self._full_name,
            config=self._own_config,
            resources=planned_resources(operation, registrar),
            state=state,
        )
        if operation.options.plan:
            save_plan(operation.options.plan, plan, manager)

    def _expected(self, plan: SavedPlan, operation: Operation, program: Program, inspect: Inspect) -> Expected:
        """The plan, when carrying it out now would do what it says: the program is run once, dry, to see.

        Raises PlanError with all differences, and what ``inspect`` raises; nothing was changed then.
        """
        expected = Expected(plan)
        expected.refuse_moved(self._full_name, self._own_config, operation.snapshot)
        trial = self._trial(operation)
        trial.expected = expected
        self._refresh_first(trial)
        registrar = self._runner.try_out(trial, program)
        error = trial.result({}).error
        if isinstance(error, MlopsError):
            raise error
        if error is not None:  # the program's own, which is told in the result, as without a plan
            operation.broke(error)
            return expected
        wanted = {*registrar.seen, *registrar.providers.seen}
        expected.refuse_missing(wanted, (record.urn for record in operation.snapshot))
        inspect(trial.steps, registrar.stack_outputs or {})
        return expected

    def _trial(self, operation: Operation) -> Operation:
        """A preview of what the operation is about to do, which nobody hears of."""
        copy = Snapshot(records=dict(operation.snapshot.records), salt=operation.snapshot.salt)
        trial = self._operation(
            copy, None, ignore,
            before=operation.before_call, options=operation.options, selection=operation.selection,
        )  # fmt: skip
        trial.hooks.are_muted, trial.cancelled = True, operation.cancelled
        return trial

    @property
    def _full_name(self) -> str:
        return f"{ORGANIZATION}/{self.project}/{self.stack}"

    @property
    def _own_config(self) -> dict[str, Any]:
        return {key: Secret(value) if key in self.secret_config else value for key, value in self.config.items()}

    def _select(
        self,
        options: Options,
        program: Program | None = None,
        *,
        snapshot: Snapshot | None = None,
        destroys: bool = False,
    ) -> Selection:
        """What the options choose. When they name resources, the program is run once more, dry, to know all it has."""
        if not options.names_resources:
            return EVERYTHING
        known: dict[str, list[Known]] = {}
        snapshot = snapshot or self.store.read(self.stack)[0]
        for record in snapshot:
            known.setdefault(record.urn, []).append(record)
        if program is not None:
            operation = self._operation(snapshot, None, ignore)
            for urn, goal in self._runner.register_all(operation, program).goals.items():
                known.setdefault(urn, []).append(goal)
        selection = select(options, known)
        return without_what_others_need(selection, known) if destroys and options.excludes else selection

    def _refresh_first(self, operation: Operation) -> None:
        if operation.options.refresh:
            refresh(operation, self._calls(operation), parallel=self._runner.parallel_of(operation), counted=False)

    @contextmanager
    def _session(
        self,
        kind: str,
        on_event: OnEvent,
        options: Options,
        selection: Selection,
        before: Callable[[], object] | None = None,
    ) -> Iterator[tuple[Session, Operation]]:
        if kind != "update":
            self.store.get(self.stack)
        with self.store.session(self.stack) as session:
            if session.manager.has_state:
                session.manager.warm()
            operation = self._operation(
                session.snapshot, session, on_event, before=before, options=options, selection=selection
            )
            try:
                with interrupt_sets(operation.cancelled, operation.tell_stopping):
                    yield session, operation
            except KeyboardInterrupt:
                raise interrupted(operation) from None

    def _operation(
        self,
        snapshot: Snapshot,
        session: Session | None,
        on_event: OnEvent,
        *,
        before: Callable[[], object] | None = None,
        options: Options = DEFAULTS,
        selection: Selection = EVERYTHING,
    ) -> Operation:
        operation = Operation(
            project=self.project,
            stack=self.stack,
            provider=self.provider,
            snapshot=snapshot,
            journal=session.journal if session else None,
            on_event=on_event,
            config=self.config or self._last_config(snapshot),
            secret_config=self.secret_config,
            before=before,
            options=options,
            limits=self.limits,
            patience=self.patience,
        )
        operation.selection = selection
        operation.outputs_of = self._outputs_of
        return operation

    def _outputs_of(self, project: str, stack: str) -> Mapping[str, Any]:
        """What another stack of the same backend exports. Raises StackNotFound."""
        store = self.store if project == self.project else self.store.of_project(project)
        return store.outputs(stack)

    def _calls(self, operation: Operation) -> Calls:
        return Calls(operation, Providers(operation))

    def _conclude(self, kind: str, session: Session, operation: Operation, outputs: Mapping[str, Any]) -> Result:
        if operation.is_refused:  # as if it had not been asked for
            return operation.result(outputs)
        config = {
            key: {"secure": session.manager.encrypt(value)} if key in self.secret_config else value
            for key, value in operation.config.items()
        }
        failed = operation.failures or operation.error or operation.cancelled.is_set()
        entry = History(
            kind=kind,
            start=operation.began,
            end=time.time(),
            result="failed" if failed else "succeeded",
            changes=operation.changes,
            config=config,
            message=operation.options.message,
            actor=operation.options.actor,
        )
        with operation.guarded():
            session.conclude(entry)
        return operation.result(outputs)

    @staticmethod
    def _last_outputs(snapshot: Snapshot) -> dict[str, Any]:
        return next((dict(record.outputs) for record in snapshot if record.is_stack), {})

    @staticmethod
    def _last_config(snapshot: Snapshot) -> dict[str, str]:
        """Without a program there is no configuration; what the default providers were told is in the state."""
        return {
            f"{package_of(record.type)}:{key}": value
            for record in snapshot
            if record.is_default_provider
            for key, value in reveal(record.inputs).items()
            if isinstance(value, str) and key != "version"
        }
