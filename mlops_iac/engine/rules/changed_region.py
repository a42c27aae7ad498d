"""A resource whose provider now points at another region is replaced: nothing moves between regions.

A provider that changed in other ways (its version, its id) changes nothing about the resource.
"""

from __future__ import annotations

from mlops_iac.engine.event import Op
from mlops_iac.engine.rules.situation import Decision, Situation


def decide(situation: Situation) -> Decision | None:
    if not situation.goal.custom or situation.goal.is_provider:
        return None
    if not situation.old_region or situation.old_region == situation.region:
        return None
    return Decision(op=Op.REPLACE, reasons=("provider", *sorted(situation.forcing)))
