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
    kwh: float | None = 0.0
    """Electricity of its machines in a month, as it is used. None where nobody knows."""

    def to_json(self) -> dict[str, Any]:
        costs = {"idle": self.idle.to_json(), "used": self.used.to_json()}
        kwh = None if self.kwh is None else round(self.kwh, 4)
        return {"layer": self.layer, "what": self.what, **costs, "kwh": kwh}
