"""A resource whose inputs changed is updated in place. A component has nothing to update: its record just follows."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    return Decision(op=Op.UPDATE) if situation.changes and situation.goal.custom else None
