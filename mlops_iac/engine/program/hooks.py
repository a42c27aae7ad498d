"""Hooks: functions of the program that run before and after a resource is created, updated or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.program.moment import Moment
from mlops_iac.engine.state.record import Record

MOST_RETRIES = 100
"""How often error hooks may have one operation tried again; Pulumi's number."""


@dataclass(frozen=True, kw_only=True)
class HookCall:
    """What a hook is told."""

    urn: str
    id: str
    name: str
    type: str
    operation: str = ""
    """``create``, ``update`` or ``delete``."""
    new_inputs: Mapping[str, Any] | None = None
    old_inputs: Mapping[str, Any] | None = None
    new_outputs: Mapping[str, Any] | None = None
    old_outputs: Mapping[str, Any] | None = None
    errors: tuple[str, ...] = ()
    """Newest first."""


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One hook of the program."""

    name: str
    run: Callable[[HookCall], str] | None = None
    """Answers what went wrong; empty when nothing did."""
    wants_retry: Callable[[HookCall], bool] | None = None
    in_preview: bool = False
    ignores_errors: bool = False


@dataclass
class Hooks:
    """The hooks that the running program has registered, by name."""

    known: dict[str, Hook] = field(default_factory=dict)
    are_muted: bool = False
    """In a trial run, of which nobody hears: no hook runs."""
    tell: Callable[[str, str], None] = lambda message, urn: None
    """Hears of the errors of hooks whose errors are to be ignored: the message, and the resource's URN."""

    def add(self, hook: Hook) -> None:
        """Raises PlanError for a name that is taken."""
        if hook.name in self.known:
            raise PlanError(
                "A hook is registered twice.", f"Two hooks are named `{hook.name}`.", hint="give one another name."
            )
        self.known[hook.name] = hook

    def run(self, moment: Moment, *, old: Record | None = None, new: Record | None = None, dry: bool = False) -> None:
        """Run a resource's hooks of one moment, in order. Raises PlanError at the first that fails."""
        record = new or old
        if record is None or not record.hooks.get(moment) or self.are_muted:
            return
        when = "after" if moment.startswith("After") else "before"
        operation = moment.removeprefix(when.capitalize()).lower()
        call = _call(operation, old, new, with_outputs=when == "after")
        for name in record.hooks[moment]:
            hook = self._get(name, record)
            if hook.run is None or (dry and not hook.in_preview):
                continue
            error = hook.run(call)
            if error and hook.ignores_errors:
                self.tell(f"Hook `{name}` of {record.name} failed: {error}", record.urn)
            elif error:
                raise PlanError("A hook failed.", f"`{name}`, {when} the {operation} of {record.name}: {error}")

    def want_retry(self, operation: str, errors: list[str], *, old: Record | None, new: Record | None) -> bool:
        """Whether an error hook of the resource wants a failed operation tried again."""
        record = new or old
        if record is None or not record.hooks.get("OnError") or len(errors) > MOST_RETRIES:
            return False
        call = _call(operation, old, new, with_outputs=False, errors=tuple(reversed(errors)))
        hooks = [self._get(name, record) for name in record.hooks["OnError"]]
        answers = [hook.wants_retry(call) for hook in hooks if hook.wants_retry]  # every hook is asked
        return any(answers)

    def refuse_missing(self, records: Iterable[Record]) -> None:
        """Raise PlanError for records whose deletion wants a hook that no program has registered; all are named."""
        lines = [
            f"{record.urn}: `{name}`"
            for record in records
            for moment in ("BeforeDelete", "AfterDelete")
            for name in record.hooks.get(moment, ())
            if name not in self.known
        ]
        if lines:
            raise PlanError(
                "Hooks are missing.",
                "These resources are not to be deleted without hooks that only their program has:\n" + "\n".join(lines),
                hint="take the resources out of the program and run `up`, or run `up` without the hooks first.",
            )

    def _get(self, name: str, record: Record) -> Hook:
        hook = self.known.get(name)
        if hook is None:
            raise PlanError("A hook is missing.", f"{record.name} names hook `{name}`, which was not registered.")
        return hook


def _call(
    operation: str, old: Record | None, new: Record | None, *, with_outputs: bool, errors: tuple[str, ...] = ()
) -> HookCall:
    record = new or old
    if record is None:
        raise AssertionError("a hook is about a resource")
    deletes = operation == "delete"
    return HookCall(
        urn=record.urn,
        id=record.id or (old.id if old else ""),
        name=record.name,
        type=record.type,
        operation=operation,
        new_inputs=None if new is None or deletes else new.inputs,
        old_inputs=None if old is None or operation == "create" else old.inputs,
        new_outputs=new.outputs if new is not None and with_outputs and not deletes else None,
        old_outputs=None if old is None or operation == "create" else old.outputs,
        errors=errors,
    )
