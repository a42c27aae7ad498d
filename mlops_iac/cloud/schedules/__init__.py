"""What fires by the clock: schedules of EventBridge Scheduler, and rules of EventBridge with a rate or cron expression.

``mlops-iac cloud advance 1d`` moves the clock on, and all that becomes due fires on the way, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Give the cloud its clock, and fire what is due."""
    from mlops_iac.cloud.schedules.firing import Firing
    from mlops_iac.cloud.schedules.rules import remember_rules
    from mlops_iac.cloud.schedules.scheduler import check_schedules

    remember_rules(gateway)
    check_schedules(gateway)
    Firing(gateway).install()
