"""The estimate of an environment: what it is made of, what its pipelines run on, and what answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_iac.core.prices import HOME
from mlops_iac.cost.bill import Estimate
from mlops_iac.cost.item import Item
from mlops_iac.cost.machines import NoPrice, price_endpoint, price_runs
from mlops_iac.cost.rates import FREE, RATES, Place


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a program."""

    layer: str
    type: str
    inputs: Mapping[str, Any]


def estimate(
    resources: Sequence[Resource],
    outputs: Mapping[str, Any],
    place: Place,
) -> Estimate:
    """``outputs``: what the environment says of itself; a program that is no environment has none."""
    pipelines = _records(outputs, "pipelines")
    found: list[Item | NoPrice] = [*_price_resources(resources, place)]
    found += price_runs(pipelines, place)
    for name, endpoint in _records(outputs, "endpoints").items():
        if endpoint.get("capacity"):
            found += price_endpoint("endpoint", endpoint, _beside(pipelines, name), place)
    return Estimate(
        region=place.region or HOME,
        items=tuple(_together(one for one in found if isinstance(one, Item))),
        unpriced=tuple(sorted({one.what for one in found if isinstance(one, NoPrice)})),
    )


def _together(items: Iterable[Item]) -> Iterator[Item]:
    """Equal lines of a layer as one."""
    counted = Counter(items)
    for one, count in counted.items():
        what = one.what if count == 1 else f"{count} × {one.what}"
        kwh = None if one.kwh is None else one.kwh * count
        yield replace(one, what=what, idle=one.idle * count, used=one.used * count, kwh=kwh)


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


def _records(outputs: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    """One of the contract's tables; empty for what is no environment of ours, whatever it calls its outputs."""
    found = outputs.get(name)
    if not isinstance(found, Mapping) or not isinstance(outputs.get("contract"), int | float):
        return {}
    return found


def _beside(pipelines: Mapping[str, Any], endpoint: str) -> str:
    """The variant that a deploy step leaves beside the one that serves; empty when there is none."""
    for pipeline in pipelines.values():
        for step in pipeline["steps"]:
            facts = step["facts"]
            if facts.get("endpoint") == endpoint and facts.get("beside"):
                return str(facts["beside"])
    return ""
