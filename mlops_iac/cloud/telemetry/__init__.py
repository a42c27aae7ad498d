"""What AWS publishes by itself: metrics and events of the services that run here, and alarms that watch metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Listen to the news of the embedded cloud."""
    from mlops_iac.cloud.telemetry import alarms, events, metrics

    metrics.install(gateway)
    events.install(gateway)
    alarms.install(gateway)
