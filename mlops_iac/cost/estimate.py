"""The estimate of an environment: what it is made of, what its pipelines run on, and what answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_iac.core.prices import HOME, NOTHING, Money, dated
from mlops_iac.cost.item import Item
from mlops_iac.cost.machines import NoPrice, price_endpoint, price_runs
from mlops_iac.cost.rates import FREE, RATES, Place
from mlops_iac.pipelines.pipeline import Pipeline


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a program."""

    layer: str
    type: str
    inputs: Mapping[str, Any]


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
            "prices": dated(),
            "idle": self.idle.to_json(),
            "total": self.total.to_json(),
            "items": [item.to_json() for item in self.items],
            "unpriced": list(self.unpriced),
        }


def estimate(
    resources: Sequence[Resource],
    pipelines: Sequence[Pipeline],
    outputs: Mapping[str, Any],
    place: Place,
) -> Estimate:
    """``outputs``: what the environment says of itself; a program that is no environment has none."""
    found: list[Item | NoPrice] = [*_price_resources(resources, place)]
    found += price_runs(pipelines, place)
    for name, endpoint in outputs.get("endpoints", {}).items():
        if endpoint.get("capacity"):
            found += price_endpoint("endpoint", endpoint["capacity"], _beside(pipelines, name), place)
    return Estimate(
        region=place.region or HOME,
        items=tuple(_together(one for one in found if isinstance(one, Item))),
        unpriced=tuple(sorted({one.instance_type for one in found if isinstance(one, NoPrice)})),
    )


def _together(items: Iterable[Item]) -> Iterator[Item]:
    """Equal lines of a layer as one."""
    counted = Counter(items)
    for one, count in counted.items():
        what = one.what if count == 1 else f"{count} × {one.what}"
        yield replace(one, what=what, idle=one.idle * count, used=one.used * count)


def _price_resources(resources: Iterable[Resource], place: Place) -> Iterator[Item | NoPrice]:
    shared: set[str] = set()
    for one in resources:
        rate = RATES.get(one.type)
        if rate is None and one.type not in FREE:
            yield NoPrice(one.type)
        for cost in rate(one.inputs, place) if rate else ():
            if cost.shared and cost.what in shared:
                continue
            shared |= {cost.what} if cost.shared else set()
            yield Item(layer=one.layer, what=cost.what, idle=cost.idle, used=cost.used)


def _beside(pipelines: Iterable[Pipeline], endpoint: str) -> str:
    """The variant that a deploy step leaves beside the one that serves; empty when there is none."""
    for pipeline in pipelines:
        for step in pipeline.steps:
            strategy = getattr(step, "strategy", None)
            if strategy is not None and getattr(step, "endpoint", "") == endpoint and strategy.beside:
                return str(strategy.beside)
    return ""
