"""One line of an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_iac.core.prices import NOTHING, Money


@dataclass(frozen=True, kw_only=True)
class Item:
    """What one thing costs a month."""

    layer: str
    """The component or the pipeline that it belongs to."""
    what: str
    """In words, with the quantity: ``2 × ml.m5.large, always on``."""
    idle: Money = NOTHING
    """When nobody uses it."""
    used: Money = NOTHING
    """On top of that, by the use that is assumed."""

    def to_json(self) -> dict[str, Any]:
        costs = {"idle": self.idle.to_json(), "used": self.used.to_json()}
        return {"layer": self.layer, "what": self.what, **costs}
