"""A change that cannot be made in place, or that the program wants a replacement for, is a replacement."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    if not situation.forcing:
        return None
    return Decision(op=Op.REPLACE, reasons=tuple(sorted(situation.forcing)))
