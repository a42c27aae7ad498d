"""A resource that the person wants replaced is replaced, whether anything about it changed or not."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    if not situation.asked_for or not situation.goal.custom:
        return None
    return Decision(op=Op.REPLACE, reasons=tuple(sorted(situation.forcing)))
