"""What no other rule speaks about stays as it is."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    return Decision(op=Op.SAME)
