"""Budgets with actions: what jobs and endpoints cost here by the price list, and what happens when that is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Meter what ends from now on, and carry actions out."""
    from mlops_iac.cloud.budgets.actions import Actions
    from mlops_iac.cloud.budgets.meter import Meter

    meter = Meter(gateway)
    meter.install()
    Actions(gateway, meter).install()
