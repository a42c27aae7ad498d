"""What happens when an environment's budget is spent."""

from __future__ import annotations

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.components.monitoring.cloudwatch import Monitoring


def stop_when_spent(foundation: Foundation, over_budget: str, monitoring: Monitoring) -> None:
    """Where the team asks for it. Comes after everything that makes roles: it is about those that may make jobs."""
    if over_budget != "deny-jobs" or monitoring.budget_name is None:
        return
    from mlops_iac.components.monitoring.budget_stop import BudgetStop, BudgetStopArgs

    args = BudgetStopArgs(
        budget_name=monitoring.budget_name,
        alerts=foundation.alerts.ref,
        roles=tuple(foundation.site.roles),
        boundary=foundation.boundary,
    )
    BudgetStop(foundation.site.named("budget-stop"), args)
