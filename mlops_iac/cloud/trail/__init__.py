"""CloudTrail: who asked this cloud for what. The history of events of each region, and trails that write log files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Write down what is asked from now on."""
    from mlops_iac.cloud.trail.delivery import Delivery
    from mlops_iac.cloud.trail.history import History
    from mlops_iac.cloud.trail.witness import Witness

    history, delivery = History(gateway), Delivery(gateway)
    history.install()
    delivery.install()
    gateway.on_answered(Witness(gateway, history, delivery).see)
