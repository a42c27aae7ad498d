"""Settles each resource that the program registers: find what is in state, check, decide, carry out, record."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.errors import PlanError
from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.deciding.planning import Plan, make_plan
from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.doing.calls import Calls
from mlops_iac.engine.doing.carrying import Carrier, Failed
from mlops_iac.engine.doing.operation import Operation, make_step, now_is
from mlops_iac.engine.doing.taking_back import take_back, waiting
from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.program.aliases import alias_urns
from mlops_iac.engine.program.goal import Answer, Goal
from mlops_iac.engine.state.record import Record, now, record_of
from mlops_iac.engine.values.outputs import known_outputs
from mlops_iac.engine.values.value import has_unknown


class Registrar:
    """Everything the program registers in one operation. Methods are called from many threads."""

    def __init__(self, operation: Operation, providers: Providers, calls: Calls) -> None:
        self.operation, self.providers, self.calls = operation, providers, calls
        self.seen: dict[str, str] = {}
        """URN to type of everything registered."""
        self.carrier = Carrier(operation, calls, self.seen)
        self.goals: dict[str, Goal] = {}
        """URN to goal of everything registered."""
        self.plans: dict[str, Plan] = {}
        """URN to what was decided, where the operation keeps it."""
        self.failed: set[str] = set()
        """URNs of what failed, or was left out because of what failed."""
        self.stack_outputs: dict[str, Any] | None = None
        self.absent: set[str] = set()
        """URNs of what is passed over and does not exist yet."""
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._open: dict[str, tuple[Step, float, Record]] = {}
        self._lock = threading.RLock()

    def register(self, goal: Goal) -> Answer:
        """Settle one resource. A failure is told and recorded, and answered as such: the program goes on without it."""
        urn = urns.make(self.operation.stack, self.operation.project, goal.type, goal.name, goal.parent)
        if self.is_left_out(urn, goal):
            return Answer(urn=urn, failed=True)
        try:
            self.enter(urn, goal)
            if self.operation.expected and not goal.is_provider:
                self.operation.expected.refuse_stranger(urn)
            old = self._find_old(urn, goal)
            if not self.operation.selection.covers(urn):
                return self._pass_over(urn, goal, old)
            self._refuse_absent(goal)
            if not goal.custom:
                return self._settle_component(urn, goal, old)
            if goal.is_provider:
                return self._settle_provider(urn, goal, old)
            plan = self._plan(urn, goal, old)
            if plan.decision.op is not Op.SAME:
                self.operation.before_change()
        except Exception as error:
            return self.refuse(urn, goal, error)
        if self.operation.keeps_plans:
            self.plans[urn] = plan
        return self._carry_out(plan)

    def register_outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        """A component's outputs, or the stack's, which are recorded last, when it is known how all went."""
        with self._lock:
            if self.seen.get(urn) == urns.STACK_TYPE:
                self.stack_outputs = outputs
                return
            self._close_component(urn, outputs)

    def close_components(self) -> None:
        """Components that never registered outputs are done when the program is."""
        with self._lock:
            for urn in list(self._open):
                if self.seen[urn] != urns.STACK_TYPE:
                    self._close_component(urn, None)

    def close_stack(self, *, completed: bool) -> Mapping[str, Any]:
        """Record and answer the stack's outputs. What is not known because of a failure keeps its last value."""
        for urn, kind in self.seen.items():
            if kind == urns.STACK_TYPE:
                if urn not in self._open:  # nothing was begun
                    return {}
                step, began, record = self._open.pop(urn)
                outputs = known_outputs(self.stack_outputs or {}, record.outputs, keep=not completed)
                self._record_outputs(urn, outputs)
                shown = replace(record, outputs=outputs)
                self.operation.done(step if self.operation.dry else now_is(step, shown), began)
                return outputs
        return {}

    def is_left_out(self, urn: str, goal: Goal) -> bool:
        """Whether to leave the resource alone: we are to stop, or something it stands on failed."""
        operation = self.operation
        stopped = operation.stopped and not goal.is_stack
        blocked = not operation.dry and (
            not self.failed.isdisjoint(goal.needs()) or bool(self.failed and has_unknown(goal.inputs))
        )
        if stopped or blocked:
            self.note_failed(urn, goal)
            if goal.custom:
                operation.leave(urn)
        return stopped or blocked

    def enter(self, urn: str, goal: Goal) -> None:
        with self._lock:
            if urn in self.seen:
                raise PlanError(
                    "A resource is registered twice.",
                    f"Two resources of type `{goal.type}` are named `{goal.name}`.",
                    hint="give one of them another name.",
                )
            self.seen[urn] = goal.type
            self.goals[urn] = goal
        if goal.refused:
            raise PlanError(
                "Resource option is not supported here.",
                f"`{goal.name}` uses {', '.join(f'`{name}`' for name in goal.refused)}, which the embedded engine does"
                " not honour.",
                hint="remove the option, or deploy with the Pulumi CLI, whose own engine has it.",
            )

    def _find_old(self, urn: str, goal: Goal) -> Record | None:
        """The resource in state, found under its URN or a former one; a former one is renamed in state."""
        aliases: tuple[str, ...] = ()
        if goal.aliases or self._aliases:
            operation = self.operation
            aliases = alias_urns(goal, stack=operation.stack, project=operation.project, known=self._aliases)
            if aliases:
                self._aliases[urn] = aliases
        snapshot = self.operation.snapshot
        old = snapshot.find(urn)
        if old is not None:
            return old
        for alias in aliases:
            if snapshot.find(alias) is not None and alias not in self.seen:
                self._rename(alias, urn)
                return snapshot.find(urn)
        return None

    def _plan(self, urn: str, goal: Goal, old: Record | None) -> Plan:
        for back in waiting(self.operation, self.providers, goal, old):
            plan = make_plan(self.operation, self.providers, self.calls, urn, goal, back, self.carrier.replaced)
            if plan.decision.op is not Op.REPLACE:
                take_back(self.operation, back)
                return plan
        return make_plan(self.operation, self.providers, self.calls, urn, goal, old, self.carrier.replaced)

    def _pass_over(self, urn: str, goal: Goal, old: Record | None) -> Answer:
        """A resource that is not to be touched: the program is told what is known of it."""
        if old is None or old.pending_replacement:
            with self._lock:
                self.absent.add(urn)
            return Answer(urn=urn, failed=goal.custom)
        if goal.is_provider:
            self.providers.settled(old)
        self.operation.told(make_step(Op.SAME, old=old, new=old))
        return Answer(urn=urn, id=old.id, outputs=old.outputs if goal.custom else {})

    def _refuse_absent(self, goal: Goal) -> None:
        needed = sorted(self.absent & goal.needs())
        if needed:
            raise PlanError(
                "What a target needs is not there yet.",
                f"`{goal.name}` stands on what does not exist and is not to be made now:\n" + "\n".join(needed),
                hint="name these too, or run the command without --target and --exclude.",
            )

    def _rename(self, old: str, new: str) -> None:
        self.operation.before_change()
        if self.operation.journal is None:
            self.operation.snapshot.rename(old, new)
        else:
            self.operation.journal.rename(old, new)

    def _settle_component(self, urn: str, goal: Goal, old: Record | None) -> Answer:
        record = record_of(goal, urn, inputs=dict(goal.inputs), provider=None, old=old)
        op = Op.CREATE if old is None else Op.SAME
        if old is None:
            self.operation.before_change()
        step = make_step(op, old=old, new=record)
        began = self.operation.begin(step)
        time = now()
        if old is None:
            record = replace(record, created=time, modified=time)
        else:
            record = replace(record, outputs=old.outputs)
        self.record(record, old)
        with self._lock:
            self._open[urn] = (step, began, record)
        return Answer(urn=urn)

    def _settle_provider(self, urn: str, goal: Goal, old: Record | None) -> Answer:
        record = self.providers.settle(urn, goal, old)
        return Answer(urn=urn, id=record.id, outputs=record.outputs)

    def _carry_out(self, plan: Plan) -> Answer:
        try:
            record = self.carrier.carry_out(plan)
        except Failed:
            with self._lock:
                self.failed.add(plan.urn)
            return Answer(urn=plan.urn, failed=True)
        return Answer(urn=plan.urn, id=record.id, outputs=record.outputs)

    def record(self, record: Record, old: Record | None) -> None:
        """Write a record in the place of the old one, unless nothing about it is new."""
        self.carrier.record(record, old)

    def is_any_unknown(self, urns: Iterable[str]) -> bool:
        """Whether one of these is not there: a preview would make it, or it failed."""
        return any(urn in self.carrier.unborn or urn in self.failed or urn in self.absent for urn in urns)

    def note_failed(self, urn: str, goal: Goal) -> None:
        """A resource about which nothing could be done. The program goes on without it, and keeps it."""
        with self._lock:
            self.failed.add(urn)
            self.seen.setdefault(urn, goal.type)

    def _record_outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        old = self.operation.snapshot.find(urn)
        if old is not None and not self.operation.dry and diff(old.outputs, outputs):
            self.record(replace(old, outputs=outputs, modified=now()), old)

    def _close_component(self, urn: str, outputs: dict[str, Any] | None) -> None:
        if urn not in self._open:
            return
        step, began, record = self._open.pop(urn)
        if outputs is not None:
            keep = bool(self.failed or self.absent)
            record = replace(record, outputs=known_outputs(outputs, record.outputs, keep=keep))
            self._record_outputs(urn, record.outputs)
        self.operation.done(step if self.operation.dry else now_is(step, record), began)

    def refuse(self, urn: str, goal: Goal, error: Exception) -> Answer:
        """A resource that could not even be planned. What stops the whole operation is told once, with its result."""
        if error is self.operation.broken:
            self.note_failed(urn, goal)
            return Answer(urn=urn, failed=goal.custom)
        old = self.operation.snapshot.find(urn)
        record = record_of(goal, urn, inputs=dict(goal.inputs), provider=goal.provider, old=old)
        step = make_step(Op.UPDATE if old else Op.CREATE, old=old, new=record)
        self.operation.failed(step, error, self.operation.begin(step))
        with self._lock:
            self.failed.add(urn)
        return Answer(urn=urn, failed=True)
