"""What a month of an estimate emits: the electricity of its machines by what a kWh emits where the region lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.core.carbon import assumptions, grid
from mlops_iac.cost.bill import Estimate

LEFT_OUT: Final = "what is stored, queried and sent, serverless requests, and the making of the machines"


@dataclass(frozen=True, kw_only=True)
class Carbon:
    region: str
    kwh: float
    """Of machines whose watts are known."""
    kg: float | None
    """Kilograms CO2e, by location. None where nobody says what a kWh emits there."""
    unknown: tuple[str, ...]
    """Machines whose watts are not known: what they emit comes on top."""

    def to_json(self) -> dict[str, Any]:
        return {
            "kg_co2e": None if self.kg is None else round(self.kg, 4),
            "kwh": round(self.kwh, 4),
            "kg_per_kwh": grid(self.region),
            "unknown": list(self.unknown),
            "assumed": assumptions(self.region),
            "left_out": LEFT_OUT,
        }

    def __str__(self) -> str:
        """Two sentences at most, for people."""
        about = f"{self.kwh:,.2f} kWh of machines in {self.region} ({assumptions(self.region)})"
        told = f"Carbon: about {self.kg:,.2f} kg CO2e a month, {about}." if self.kg is not None else (
            f"Carbon: {about}; nobody says here what a kWh emits there."
        )  # fmt: skip
        if self.unknown:
            told += f" Not in it, as nobody knows here what they take: {'; '.join(self.unknown)}."
        return told + f" Not in it: {LEFT_OUT}."


def carbon_of(found: Estimate) -> Carbon:
    kwh = sum(item.kwh or 0.0 for item in found.items)
    factor = grid(found.region)
    return Carbon(
        region=found.region,
        kwh=kwh,
        kg=None if factor is None else kwh * factor,
        unknown=tuple(f"{item.layer}, {item.what}" for item in found.items if item.kwh is None),
    )
