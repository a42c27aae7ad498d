"""A resource that was only read so far and is now declared is created: what was read is not ours to change."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    return Decision(op=Op.CREATE) if situation.old and situation.old.external else None
