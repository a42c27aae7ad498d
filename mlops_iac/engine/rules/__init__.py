"""What is to be done about one resource: named rules in order, the first that answers wins.

A new rule is a file here with a function ``decide``, and one line in `RULES`.
"""

from __future__ import annotations

from mlops_iac.engine.rules import (
    asked_for,
    changed_inputs,
    changed_region,
    first_seen,
    forced_replacement,
    imported,
    nothing_changed,
    pulled_along,
    taken_over,
    unfinished_create,
    unfinished_replacement,
)
from mlops_iac.engine.rules.situation import Decision, Rule, Situation

RULES: tuple[Rule, ...] = (
    imported.decide,
    first_seen.decide,
    unfinished_replacement.decide,
    taken_over.decide,
    asked_for.decide,
    pulled_along.decide,
    changed_region.decide,
    forced_replacement.decide,
    changed_inputs.decide,
    unfinished_create.decide,
    nothing_changed.decide,
)


def decide(situation: Situation) -> Decision:
    """The first rule's answer; the last rule always has one."""
    for rule in RULES:
        decision = rule(situation)
        if decision is not None:
            return decision
    raise AssertionError("nothing_changed answers always")
