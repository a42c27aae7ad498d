"""Carries out what was decided about one custom resource: tell, note as pending, run hooks, call, record."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any, Literal, TypeVar

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.deciding.diff import top_level
from mlops_iac.engine.deciding.planning import Plan, checked_inputs
from mlops_iac.engine.deciding.protection import Protected, replaced
from mlops_iac.engine.doing.calls import Calls, is_unsure
from mlops_iac.engine.doing.importing import refuse_other
from mlops_iac.engine.doing.operation import Operation, make_step, now_is
from mlops_iac.engine.doing.replacing import Replacing
from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.handler import Unfinished
from mlops_iac.engine.life_cycle import mark
from mlops_iac.engine.program.moment import Moment
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.values.value import reveal

T = TypeVar("T")


class Failed(Exception):
    """A step failed, and it was told."""


class Carrier:
    """Methods are called from many threads, each for another resource."""

    def __init__(self, operation: Operation, calls: Calls, registered: Container[str]) -> None:
        self.operation, self.calls, self._registered = operation, calls, registered
        self.replacing = Replacing(operation, calls)
        self.replaced: set[str] = set()
        """URNs of what this operation has replaced."""
        self.unborn: set[str] = set()
        """URNs of what a preview would make."""

    def carry_out(self, plan: Plan) -> Record:
        """Do it, and answer the resource as it is now. Raises Failed."""
        op = plan.decision.op
        if self.operation.dry and op in (Op.CREATE, Op.REPLACE):
            self.unborn.add(plan.urn)
        if op is Op.IMPORT:
            return self._import(plan)
        if op is Op.REPLACE:
            return self._replace(plan)
        if op is Op.CREATE:
            return self._create_missing(plan) if _is_unfinished(plan) else self._create(plan)
        return self._update(plan) if op is Op.UPDATE else self._keep(plan)

    def record(self, record: Record, old: Record | None, number: int | None = None) -> None:
        """Write a record in the place of the old one, unless nothing about it is new."""
        journal, snapshot = self.operation.journal, self.operation.snapshot
        if journal is None:
            return
        key = snapshot.find_key(record.urn)
        if number is None and key is not None and old is not None and _is_same(record, old):
            snapshot.touch(key)
            return
        journal.end(number, put={snapshot.new_key() if key is None else key: record})

    def _create(self, plan: Plan, *, op: Op = Op.CREATE) -> Record:
        step = make_step(op, new=plan.new, logical=op is Op.CREATE, replace_reasons=plan.decision.reasons)
        began = self.operation.begin(step)
        self._run_hooks("BeforeCreate", step, began, new=plan.new)
        if self.operation.dry:
            record = replace(plan.new, outputs=dict(plan.new.inputs))
        else:
            number = self.operation.must_journal.begin("creating", plan.new)
            try:
                record = self._attempt("create", lambda: self.calls.create(plan.new), None, plan.new)
            except Unfinished as error:
                self._settle_created(plan, self.calls.unfinished(plan.new, error), number)
                raise self._fail(step, error, began, None) from error
            except Exception as error:
                raise self._fail(step, error, began, number) from error
            self._settle_created(plan, record, number)
        self._run_hooks("AfterCreate", step, began, new=record)
        self.operation.done(step if self.operation.dry else now_is(step, record), began)
        return record

    def _import(self, plan: Plan) -> Record:
        """Take over what exists under the id that the program gives. A preview asks no cloud whether it does."""
        asked = replace(plan.new, id=plan.goal.import_id)
        replaces = plan.old is not None and not plan.old.external
        op = Op.IMPORT_REPLACEMENT if replaces else Op.IMPORT
        step = make_step(op, new=asked, logical=not replaces, replace_reasons=plan.decision.reasons)
        began = self.operation.begin(step)
        if replaces and _must_be_there(plan).protect:
            raise self._fail(step, _protected(plan), began, None)
        if self.operation.dry:
            record = replace(asked, outputs=dict(asked.inputs))
        else:
            record = self._take_over(plan, asked, step, began)
        self.operation.done(step if self.operation.dry else now_is(step, record), began)
        if replaces:
            self.replaced.add(plan.urn)
            self.operation.told(self._replace_step(plan, record))
            if self.operation.dry:
                self.replacing.waits(_must_be_there(plan))
        return record

    def _take_over(self, plan: Plan, asked: Record, step: Step, began: float) -> Record:
        number = self.operation.must_journal.begin("importing", asked)
        try:
            record = self._found(plan, asked)
        except Exception as error:
            raise self._fail(step, error, began, number, looks=True) from error
        self._settle_created(plan, record, number)
        return record

    def _found(self, plan: Plan, asked: Record) -> Record:
        """What exists, with the inputs of the program, which must be those that it has."""
        found = self.calls.read(replace(asked, inputs={}, outputs={}))
        if found is None:
            raise CloudError(
                "The resource to import does not exist.",
                f"No {asked.type} has the id `{asked.id}`.",
                hint="correct the id, or leave `import_` out to have the resource made.",
                resource=asked.urn,
            )
        life = self.calls.life_cycle(asked)
        inputs = checked_inputs(life, plan.goal, replace(found, inputs=dict(found.outputs)))
        refuse_other(plan.goal, inputs, found.outputs)
        return replace(found, inputs=inputs, outputs=life.seal(found.outputs, inputs, found.additional_secret_outputs))

    def _settle_created(self, plan: Plan, record: Record, number: int) -> None:
        """Put the new record; one it replaces waits beside it, one that was gone before makes room."""
        snapshot, journal = self.operation.snapshot, self.operation.must_journal
        old_key = snapshot.find_key(plan.urn)
        old = snapshot.records[old_key] if old_key is not None else None
        if old is None or old_key is None:
            journal.end(number, put={snapshot.new_key(): record})
        elif old.pending_replacement or old.external:
            journal.end(number, put={old_key: record})
        else:
            put = {old_key: replace(old, delete=True), snapshot.new_key(): record}
            journal.end(number, put=put)

    def _update(self, plan: Plan) -> Record:
        old = _must_be_there(plan)
        new = replace(plan.new, id=old.id)
        step = make_step(Op.UPDATE, old=old, new=plan.new if self.operation.dry else new, diff=plan.changes)
        began = self.operation.begin(step)
        self._run_hooks("BeforeUpdate", step, began, old=old, new=new)
        if self.operation.dry:
            record = replace(new, outputs=self._expected_outputs(plan, old))
        else:
            number = self.operation.must_journal.begin("updating", new)
            try:
                record = self._attempt("update", lambda: self.calls.update(old, new), old, new)
            except Exception as error:
                raise self._fail(step, error, began, number) from error
            self.record(record, old, number)
        self._run_hooks("AfterUpdate", step, began, old=old, new=record)
        self.operation.done(step if self.operation.dry else now_is(step, record), began)
        return record

    def _expected_outputs(self, plan: Plan, old: Record) -> dict[str, Any]:
        new, life = plan.new, self.calls.life_cycle(plan.new)
        expected = life.expected(new.inputs, frozenset(map(top_level, plan.changes)), old.outputs)
        return life.seal(expected, new.inputs, new.additional_secret_outputs)

    def _replace(self, plan: Plan) -> Record:
        old = _must_be_there(plan)
        try:
            before = self._deletes_first(plan, old)
            if plan.goal.protect:
                raise _protected(plan)
            if before:
                self.replacing.delete_first(old, self._registered)
        except Exception as error:
            step = self._replace_step(plan, plan.new)
            raise self._fail(step, error, self.operation.begin(step), None) from error
        self.replaced.add(plan.urn)
        if before:
            return self._create_missing(plan)
        record = self._create(plan, op=Op.CREATE_REPLACEMENT)
        self.operation.told(self._replace_step(plan, record))
        if self.operation.dry:
            self.replacing.waits(old)
        return record

    def _create_missing(self, plan: Plan) -> Record:
        """Make the replacement of what has been deleted already, in this operation or in one that was cut off."""
        self.operation.told(self._replace_step(plan, plan.new))
        return self._create(plan, op=Op.CREATE_REPLACEMENT)

    def _replace_step(self, plan: Plan, new: Record) -> Step:
        reasons = plan.decision.reasons
        return make_step(Op.REPLACE, old=plan.old, new=new, diff=plan.changes, replace_reasons=reasons)

    def _deletes_first(self, plan: Plan, old: Record) -> bool:
        if plan.goal.delete_before_replace is not None:
            return plan.goal.delete_before_replace
        handler, moved = self.calls.handler(plan.goal.type), "provider" in plan.decision.reasons
        return handler.deletes_before_replace(reveal(old.inputs), reveal(plan.new.inputs), moved=moved)

    def _keep(self, plan: Plan) -> Record:
        old = _must_be_there(plan)
        secret = {*self.calls.handler(old.type).secrets(), *plan.new.additional_secret_outputs}
        record = replace(plan.new, id=old.id, outputs=mark(old.outputs, plan.new.inputs, secret))
        step = make_step(Op.SAME, old=old, new=record)
        began = self.operation.begin(step)
        self.record(record, old)
        self.operation.done(step, began)
        return record

    def _attempt(
        self, operation: Literal["create", "update"], call: Callable[[], T], old: Record | None, new: Record
    ) -> T:
        """Call, and call again as long as an error hook of the resource wants it."""
        errors: list[str] = []
        while True:
            try:
                return call()
            except CloudError as error:
                errors.append(str(error))
                hooks = self.operation.hooks
                is_there = is_unsure(error) or isinstance(error, Unfinished)
                if is_there or not hooks.want_retry(operation, errors, old=old, new=new):
                    raise

    def _run_hooks(
        self, moment: Moment, step: Step, began: float, *, old: Record | None = None, new: Record | None = None
    ) -> None:
        try:
            self.operation.hooks.run(moment, old=old, new=new, dry=self.operation.dry)
        except Exception as error:
            raise self._fail(step, error, began, None) from error

    def _fail(self, step: Step, error: Exception, began: float, number: int | None, *, looks: bool = False) -> Failed:
        """Tell of a failure. What may have been carried out all the same stays recorded as pending, unless it was only
        a look."""
        if number is not None and (looks or not is_unsure(error)):
            self.operation.must_journal.end(number)
        self.operation.failed(step, error, began)
        return Failed()


def _must_be_there(plan: Plan) -> Record:
    if plan.old is None:
        raise AssertionError("only what is in state can be changed, replaced or kept")
    return plan.old


def _is_unfinished(plan: Plan) -> bool:
    return plan.old is not None and plan.old.pending_replacement


def _is_same(record: Record, old: Record) -> bool:
    """Whether a record says what the old one said. Values are not looked into: they were compared before."""
    return replace(record, inputs={}, outputs={}) == replace(old, inputs={}, outputs={})


def _protected(plan: Plan) -> Protected:
    reasons = plan.decision.reasons
    changes = [change for path, change in plan.changes.items() if top_level(path) in reasons]
    return replaced(plan.urn, reasons, changes)
