"""What machines cost: those of a pipeline's runs, and those behind endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.core.carbon import kwh_of, kwh_of_vcpus
from mlops_iac.core.environment import MACHINES
from mlops_iac.core.gpus import named
from mlops_iac.core.prices import HOURS, hourly, item
from mlops_iac.cost.item import Item
from mlops_iac.cost.rates import Place
from mlops_iac.pipelines.steps.monitor import METRICS, MonitorStep

QUEUE_TYPE: Final = "m5.large"
"""A queue takes the cheapest machine that fits; this one's price by vCPU stands for it."""
QUEUE_TYPE_VCPUS: Final = 2

OWN_METRICS: Final = 6
"""Of a monitor that an earlier version deployed, which does not say it."""
COLUMNS: Final = 20
"""That a monitor is assumed to look at; each has a metric of its own."""


@dataclass(frozen=True)
class NoPrice:
    """Something that the tables lack."""

    what: str
    """A type of machine or of resource, or a thing of which nothing is known, in words."""


def price_runs(pipelines: Mapping[str, Any], place: Place) -> Iterator[Item | NoPrice]:
    """One item for each step that has machines of its own. ``pipelines`` are those of an environment's contract."""
    for name, pipeline in pipelines.items():
        for step in pipeline["steps"]:
            yield from _price_step(name, step["name"], step["kind"], step["facts"], place)


def _price_step(layer: str, name: str, kind: str, facts: Mapping[str, Any], place: Place) -> Iterator[Item | NoPrice]:
    if kind == MonitorStep.kind:
        own = facts.get(METRICS, OWN_METRICS)
        what = f"{name}: {own} metrics, and one for each of {COLUMNS} columns"
        yield Item(layer=layer, what=what, used=item("metric", place.region) * (own + COLUMNS))
    if "job" in facts and MACHINES not in facts:
        yield NoPrice(f"the machines of {layer}'s steps as they are deployed, by an earlier version")
    for machines in facts.get(MACHINES, ()):
        price = _on_a_queue if "vcpus" in machines else _on_instances
        yield price(layer, name, machines, place)


def _on_a_queue(layer: str, name: str, machines: Mapping[str, Any], place: Place) -> Item | NoPrice:
    runs, hours, vcpus = (
        place.usage.runs,
        _hours(machines["max_minutes"], place),
        machines["vcpus"] * machines.get("nodes", 1),
    )
    machine = hourly(QUEUE_TYPE, place.region)
    if machine is None:
        return NoPrice(QUEUE_TYPE)
    what = f"{name}: {runs:,} × {vcpus:g} vCPUs on a queue, {_minutes(hours)}"
    kwh = kwh_of_vcpus(vcpus) * hours * runs
    return Item(layer=layer, what=what, used=machine * (vcpus / QUEUE_TYPE_VCPUS * hours * runs), kwh=kwh)


def _on_instances(layer: str, name: str, machines: Mapping[str, Any], place: Place) -> Item | NoPrice:
    runs, hours, kind = place.usage.runs, _hours(machines["max_minutes"], place), machines["instance_type"]
    price, count = hourly(kind, place.region), int(machines["instance_count"] * machines.get("times", 1))
    if price is None:
        return NoPrice(kind)
    disk = item("endpoint-storage", place.region) * (machines.get("volume_gib", 0) / HOURS)
    what = f"{name}: {runs:,} × {count} {named(kind)}, {_minutes(hours)}"
    return Item(
        layer=layer, what=what, used=(price + disk) * (count * hours * runs), kwh=_kwh(kind, count * hours * runs)
    )


def _awake(layer: str, count: int, memory: float, scaling: Mapping[str, Any], place: Place) -> Item:
    """What stays awake of a serverless endpoint; at least, where it is scaled."""
    most = f", up to {scaling['at_most']} when they are needed" if scaling else ""
    what = f"awake for {count} request{'s' if count > 1 else ''} at once{most}, once a model is deployed"
    return Item(layer=layer, what=what, idle=item("serverless-awake", place.region) * (count * memory * HOURS * 3600))


def price_endpoint(layer: str, endpoint: Mapping[str, Any], beside: str, place: Place) -> Iterator[Item | NoPrice]:
    """``endpoint`` is one of an environment's contract; ``beside`` the name of a second variant that is always
    there."""
    usage, capacity, scaling = place.usage, endpoint["capacity"], endpoint.get("scaling") or {}
    if "ServerlessConfig" in capacity:
        memory = capacity["ServerlessConfig"]["MemorySizeInMB"] / 1024
        seconds = usage.requests * usage.request_ms / 1000
        what = f"{usage.requests:,} requests of {usage.request_ms} ms, {memory:g} GB"
        awake = int(scaling.get("at_least", capacity["ServerlessConfig"].get("ProvisionedConcurrency", 0)))
        kind = "serverless-awake-duration" if awake else "serverless"
        yield Item(layer=layer, what=what, used=item(kind, place.region) * (seconds * memory))
        if awake:
            yield _awake(layer, awake, memory, scaling, place)
        return
    price = hourly(capacity["InstanceType"], place.region)
    if price is None:
        yield NoPrice(capacity["InstanceType"])
        return
    kind, first = capacity["InstanceType"], int(scaling.get("at_least", capacity["InitialInstanceCount"]))
    count = first * (2 if beside else 1)
    second = f", half of them for `{beside}`" if beside else ""
    most = f", up to {scaling['at_most']} when they are needed" if scaling else ""
    if count:
        what = f"{count} × {named(kind)}, always on once a model is deployed{second}{most}"
        yield Item(layer=layer, what=what, idle=price * (count * HOURS), kwh=_kwh(kind, count * HOURS))
        return
    hours = usage.requests * usage.request_ms / 1000 / 3600
    what = f"0 to {scaling['at_most']} × {named(kind)}, none while nobody asks: {usage.requests:,} requests of "
    what += f"{usage.request_ms} ms, without the minutes of starting and of waiting for more"
    yield Item(layer=layer, what=what, used=price * hours, kwh=_kwh(kind, hours))


def _kwh(kind: str, hours: float) -> float | None:
    one = kwh_of(kind)
    return None if one is None else one * hours


def _hours(max_minutes: float, place: Place) -> float:
    return min(place.usage.step_minutes, max_minutes) / 60


def _minutes(hours: float) -> str:
    return f"{hours * 60:g} min"
