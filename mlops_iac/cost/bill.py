"""A month's bill as figures: of one environment, and before and after a change. Nothing is worked out here, so that a
command that only shows one loads no program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from mlops_iac.core.prices import NOTHING, Money, dated_for
from mlops_iac.cost.item import Item


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A month, in US dollars."""

    region: str
    items: tuple[Item, ...]
    unpriced: tuple[str, ...]
    """Types of resources and of machines that no price is known of: what they cost comes on top."""

    @property
    def idle(self) -> Money:
        """When nobody uses it."""
        return sum((item.idle for item in self.items), NOTHING)

    @property
    def total(self) -> Money:
        """With the use that is assumed."""
        return sum((item.used for item in self.items), self.idle)

    def to_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "prices": dated_for(self.region),
            "idle": self.idle.to_json(),
            "total": self.total.to_json(),
            "items": [item.to_json() for item in self.items],
            "unpriced": list(self.unpriced),
        }

    def record(self) -> dict[str, Any]:
        """Every figure as it is, to be kept; `to_json` rounds them for readers."""
        return asdict(self)

    @classmethod
    def of_record(cls, body: Mapping[str, Any]) -> Self:
        """Raises KeyError and TypeError for what is no record."""
        items = tuple(
            Item(
                layer=one["layer"],
                what=one["what"],
                idle=Money(**one["idle"]),
                used=Money(**one["used"]),
                kwh=one["kwh"],
            )
            for one in body["items"]
        )
        return cls(region=body["region"], items=items, unpriced=tuple(body["unpriced"]))


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """A month, in US dollars, with the use that is assumed."""

    before: Estimate | None
    """Of what is deployed. None: nothing is."""
    after: Estimate

    @property
    def was(self) -> float:
        return self.before.total.usual if self.before else 0.0

    @property
    def becomes(self) -> float:
        return self.after.total.usual

    @property
    def is_comparable(self) -> bool:
        """Whether what has no price is the same on both sides, so that the difference of the sums is the change's."""
        return self.before is not None and self.before.unpriced == self.after.unpriced

    @property
    def increase(self) -> float | None:
        """As a share of what it was: ``0.2`` for a fifth more. None where it cost nothing, or nobody can say."""
        return self.becomes / self.was - 1 if self.was and self.is_comparable else None

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What no price is known of, before or after: it is in neither sum."""
        return tuple(sorted({*(self.before.unpriced if self.before else ()), *self.after.unpriced}))

    def to_json(self) -> dict[str, Any]:
        return {
            "region": self.after.region,
            "prices": self.after.to_json()["prices"],
            "before": self.before.total.to_json() if self.before else None,
            "after": self.after.total.to_json(),
            "unpriced": list(self.unpriced),
        }

    def record(self) -> dict[str, Any]:
        return {"before": self.before.record() if self.before else None, "after": self.after.record()}

    @classmethod
    def of_record(cls, body: Mapping[str, Any]) -> Self:
        """Raises KeyError and TypeError for what is no record."""
        before = Estimate.of_record(body["before"]) if body["before"] is not None else None
        return cls(before=before, after=Estimate.of_record(body["after"]))
