"""Application Auto Scaling: targets, policies with their alarms, and decisions that really change endpoints.

The files in the order a change goes through them: `operations` (what is asked for), `book` (what is kept), `measuring`
(what endpoints publish for it each minute), `scaler` (who looks at the alarms), `deciding` (pure: how many there
should be).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Take over Application Auto Scaling, and scale what is registered there."""
    from mlops_iac.cloud.autoscaling import endpoints, operations
    from mlops_iac.cloud.autoscaling.book import Book
    from mlops_iac.cloud.autoscaling.scaler import Scaler

    book = Book(gateway)
    scaler = Scaler(gateway, book)
    operations.install(gateway, book, scaler)
    endpoints.install(gateway, book)
    scaler.install()
