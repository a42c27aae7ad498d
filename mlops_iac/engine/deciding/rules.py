"""What is to be done about one resource: named rules in order, the first that answers wins.

A new rule is a function here and one line in `RULES`, with the reason for its place.
"""

from __future__ import annotations

from mlops_iac.engine.deciding.situation import Decision, Rule, Situation
from mlops_iac.engine.event import Op


def imported(situation: Situation) -> Decision | None:
    """A resource that the program names by its id is taken over, unless it has been already.

    One that is in state under another id is replaced by it.
    """
    goal, old = situation.goal, situation.old
    if not goal.import_id or not goal.custom:
        return None
    if old is not None and not old.external and (old.id == goal.import_id or old.import_id == goal.import_id):
        return None
    return Decision(op=Op.IMPORT, reasons=("id",) if old is not None and not old.external else ())


def first_seen(situation: Situation) -> Decision | None:
    """A resource that is not in state is created."""
    return Decision(op=Op.CREATE) if situation.old is None else None


def unfinished_replacement(situation: Situation) -> Decision | None:
    """A resource that was deleted to be replaced, and whose replacement was never made, is created."""
    return Decision(op=Op.CREATE) if situation.old and situation.old.pending_replacement else None


def taken_over(situation: Situation) -> Decision | None:
    """A resource that was only read so far and is now declared is created: what was read is not ours to change."""
    return Decision(op=Op.CREATE) if situation.old and situation.old.external else None


def asked_for(situation: Situation) -> Decision | None:
    """A resource that the person wants replaced is replaced, whether anything about it changed or not."""
    if not situation.asked_for or not situation.goal.custom:
        return None
    return Decision(op=Op.REPLACE, reasons=tuple(sorted(situation.forcing)))


def pulled_along(situation: Situation) -> Decision | None:
    """A resource that is tied to another by `replace_with`, or to a value by `replacement_trigger`, is replaced with
    it."""
    if not situation.pulled_by or not situation.goal.custom:
        return None
    return Decision(op=Op.REPLACE, reasons=(*situation.pulled_by, *sorted(situation.forcing)))


def changed_place(situation: Situation) -> Decision | None:
    """A resource whose provider now points at another place is replaced: nothing moves between regions or clusters.

    A provider that changed in other ways (its version, its id) changes nothing about the resource.
    """
    if not situation.moved or not situation.goal.custom or situation.goal.is_provider:
        return None
    return Decision(op=Op.REPLACE, reasons=("provider", *sorted(situation.forcing)))


def forced_replacement(situation: Situation) -> Decision | None:
    """A change that cannot be made in place, or that the program wants a replacement for, is a replacement."""
    if not situation.forcing:
        return None
    return Decision(op=Op.REPLACE, reasons=tuple(sorted(situation.forcing)))


def changed_inputs(situation: Situation) -> Decision | None:
    """A resource whose inputs changed is updated in place. A component has nothing to update: its record just
    follows."""
    return Decision(op=Op.UPDATE) if situation.changes and situation.goal.custom else None


def unfinished_create(situation: Situation) -> Decision | None:
    """A resource whose create was not finished is updated, whether anything about it changed or not."""
    old = situation.old
    return Decision(op=Op.UPDATE) if old and old.init_errors and situation.goal.custom else None


def nothing_changed(situation: Situation) -> Decision | None:
    """What no other rule speaks about stays as it is."""
    return Decision(op=Op.SAME)


RULES: tuple[Rule, ...] = (
    imported,  # first: an id named by the program wins over whatever is in state
    first_seen,  # from here on there is a record to look at
    unfinished_replacement,  # the record's resource is gone already: nothing to compare with
    taken_over,  # the record's resource was never ours: nothing to replace or update
    asked_for,  # the person's word stands above what changed
    pulled_along,  # another's replacement stands above what changed here
    changed_place,  # the old one cannot even be reached through the new provider
    forced_replacement,  # before an update: the handler cannot make this change in place
    changed_inputs,
    unfinished_create,  # after the inputs: a change finishes the create as well
    nothing_changed,  # answers always
)


def decide(situation: Situation) -> Decision:
    """The first rule's answer; the last rule always has one."""
    for rule in RULES:
        decision = rule(situation)
        if decision is not None:
            return decision
    raise AssertionError("nothing_changed answers always")
