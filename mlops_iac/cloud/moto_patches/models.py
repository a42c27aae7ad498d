"""All of moto's models: they are not kept for ever.

moto remembers every model object that was ever made, for its dashboard, which is not served here; in a process that
lives for days each deleted S3 object would stay in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    from moto.core.common_models import BaseModel

    def new(cls: type, *arguments: Any, **named: Any) -> Any:
        return object.__new__(cls)

    BaseModel.__new__ = new
