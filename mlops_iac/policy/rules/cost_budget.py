"""Somebody is told when it costs too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, beside, example
from mlops_iac.policy.resource import STACK, Resource, World

BUDGET = "aws:budgets/budget:Budget"


class CostBudget(Policy):
    name = "cost-budget"
    wants = "An environment has a budget that tells somebody."
    why = "A job in a loop is found on the bill."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (STACK,)
    remedy = "set `options.monthly_budget_usd`."
    setting = "options.monthly_budget_usd"
    sources = (
        "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_monitor_usage_define_attribution.html",
    )
    breaks = (example(STACK, {}, outputs={"contract": 1}),)
    keeps = (
        example(STACK, {}, beside(BUDGET, notifications=[{"threshold": 80}]), outputs={"contract": 1}),
        example(STACK, {}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if "contract" in world.outputs and not any(one.has("notifications") for one in world.of(BUDGET)):
            yield Violation(detail="No budget tells anybody.")
