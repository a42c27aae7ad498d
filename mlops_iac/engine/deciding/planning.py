"""From a goal and what is in state to what will be done: checked inputs, differences, a decision."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.deciding.diff import as_replace, diff, hidden, top_level
from mlops_iac.engine.deciding.providers import Providers
from mlops_iac.engine.deciding.rules import decide
from mlops_iac.engine.deciding.situation import Decision, Situation
from mlops_iac.engine.doing.calls import Calls
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.event import Op, PropertyDiff
from mlops_iac.engine.life_cycle import LifeCycle
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.record import Record, record_of
from mlops_iac.engine.values.paths import covers, keep_old, parse_path
from mlops_iac.engine.values.value import has_unknown


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A resource that has been checked and decided upon."""

    goal: Goal
    urn: str
    old: Record | None
    new: Record
    """What it will be, without id and outputs."""
    decision: Decision
    changes: Mapping[str, PropertyDiff]


def make_plan(
    operation: Operation,
    providers: Providers,
    calls: Calls,
    urn: str,
    goal: Goal,
    old: Record | None,
    replaced: Container[str] = frozenset(),
) -> Plan:
    """Decide about one custom resource. Asks the handler's pure methods only. ``replaced`` are URNs of this operation.

    Raises PlanError for what cannot be, and CloudError or NotEmulated where the handler refuses the inputs.
    """
    if not operation.dry and has_unknown(goal.inputs):
        raise PlanError("An input is not known.", f"`{goal.name}` was given a value that no resource has answered.")
    provider = goal.provider or providers.default(goal.package, goal.version)
    life = LifeCycle(calls.handler(goal.type), providers.scope(provider, goal.type))
    named = _as_planned(operation, urn, old or record_of(goal, urn, inputs={}, provider=provider))
    inputs = checked_inputs(life, goal, old or named)
    changes = diff(old.inputs, inputs) if old else {}
    situation = Situation(
        goal=goal,
        old=old,
        changes=changes,
        forcing=_forcing(life, goal, old, inputs, changes),
        asked_for=urn in operation.selection.replaced,
        pulled_by=_pulled_by(goal, old, replaced),
        moved=_is_moved(providers, calls, old, provider),
    )
    decision = decide(situation)
    if decision.op is Op.SAME and old:
        inputs = old.inputs  # equal, and its secrets are already encrypted
    if decision.op is Op.REPLACE:
        changes = as_replace(changes, situation.forcing)
        # Pulumi asks again without the old: a new automatic name. A plan that is carried out has that name already.
        inputs = checked_inputs(life, goal, named)
    if goal.hide_diffs:
        changes = hidden(changes, [_path(text, goal, "hide_diffs") for text in goal.hide_diffs])
    if operation.expected:
        operation.expected.hold(urn, decision.op, inputs)
    new = record_of(goal, urn, inputs=inputs, provider=provider, old=old)
    return Plan(goal=goal, urn=urn, old=old, new=new, decision=decision, changes=changes)


def _is_moved(providers: Providers, calls: Calls, old: Record | None, provider: str) -> bool:
    """Whether the resource's provider points at another place than the one that it was made with."""
    if old is None or not old.provider or old.provider == provider:
        return False
    was, will = providers.place(old.provider), providers.place(provider)
    return bool(was) and calls.handler(old.type).moves(was, will)


def _as_planned(operation: Operation, urn: str, record: Record) -> Record | None:
    """In an `up` that carries out a plan: the record with the planned inputs, whose automatic names are kept."""
    planned = operation.expected.find(urn) if operation.expected else None
    return replace(record, inputs=dict(planned.inputs)) if planned else None


def checked_inputs(life: LifeCycle, goal: Goal, old: Record | None) -> dict[str, Any]:
    """The inputs as they will be stored: those that options keep are the old ones, the rest is what the check makes."""
    asked = dict(goal.inputs)
    if old is not None:
        for text in goal.ignore_changes:
            asked = keep_old(asked, old.inputs, _path(text, goal, "ignore_changes"))
    return life.check(goal.name, asked, old.inputs if old else None)


def _forcing(
    life: LifeCycle, goal: Goal, old: Record | None, inputs: dict[str, Any], changes: Mapping[str, PropertyDiff]
) -> frozenset[str]:
    """Of the changed inputs, those that mean a replacement: by the handler's word or the program's."""
    if old is None or not changes:
        return frozenset()
    changed = frozenset(map(top_level, changes))
    forcing = life.forcing(old.inputs, inputs, changed)
    for text in goal.replace_on_changes:
        pattern = _path(text, goal, "replace_on_changes")
        forcing |= {top_level(path) for path in changes if covers(pattern, parse_path(path))}
    return forcing & changed


def _pulled_by(goal: Goal, old: Record | None, replaced: Container[str]) -> tuple[str, ...]:
    """Which of the things a resource is tied to have changed. A trigger that is new, or gone, triggers nothing."""
    if old is None:
        return ()
    was, now = old.replacement_trigger, goal.replacement_trigger
    triggered = was is not None and now is not None and bool(diff({"value": was}, {"value": now}))
    return (
        *(("replaceWith",) if any(urn in replaced for urn in goal.replace_with) else ()),
        *(("deletedWith",) if goal.deleted_with and goal.deleted_with in replaced else ()),
        *(("replacementTrigger",) if triggered else ()),
    )


def _path(text: str, goal: Goal, option: str) -> tuple[str | int, ...]:
    try:
        return parse_path(text)
    except ValueError as error:
        raise PlanError(
            "A property path cannot be read.",
            f"`{option}` of `{goal.name}`: {error}.",
            hint="write it as `tags`, `tags.owner` or `rules[0].ports`.",
        ) from error
