"""A resource that was deleted to be replaced, and whose replacement was never made, is created."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    return Decision(op=Op.CREATE) if situation.old and situation.old.pending_replacement else None
