"""A resource that the program names by its id is taken over, unless it has been already.

One that is in state under another id is replaced by it.
"""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    goal, old = situation.goal, situation.old
    if not goal.import_id or not goal.custom:
        return None
    if old is not None and not old.external and (old.id == goal.import_id or old.import_id == goal.import_id):
        return None
    return Decision(op=Op.IMPORT, reasons=("id",) if old is not None and not old.external else ())
