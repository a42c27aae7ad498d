"""AWS Config: rules that judge what this cloud holds, anew whenever something has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Answer for rules and what they found, and check recorders and delivery channels as AWS does."""
    from mlops_iac.cloud.compliance.compliance import Compliance
    from mlops_iac.cloud.compliance.recording import Recording

    Recording(gateway).install()
    Compliance(gateway).install()
