"""A resource that is tied to another by `replace_with`, or to a value by `replacement_trigger`, is replaced with it."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    if not situation.pulled_by or not situation.goal.custom:
        return None
    return Decision(op=Op.REPLACE, reasons=(*situation.pulled_by, *sorted(situation.forcing)))
