"""SageMaker Studio: of its things moto has domains alone, which no update reaches and nothing keeps from deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_iac.cloud import studio

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    studio.install(gateway)
