"""A resource whose create was not finished is updated, whether anything about it changed or not."""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    old = situation.old
    return Decision(op=Op.UPDATE) if old and old.init_errors and situation.goal.custom else None
