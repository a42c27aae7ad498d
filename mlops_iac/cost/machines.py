"""What machines cost: those of a pipeline's runs, and those behind endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.core.prices import HOURS, Money, hourly, item
from mlops_iac.cost.item import Item
from mlops_iac.cost.rates import Place
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps.monitor import MonitorStep
from mlops_iac.pipelines.steps.step import ScriptStep, Step

QUEUE_TYPE: Final = "m5.large"
"""A queue takes the cheapest machine that fits; this one's price by vCPU stands for it."""
QUEUE_TYPE_VCPUS: Final = 2

OWN_METRICS: Final = 6
"""Of an endpoint that is monitored (docs/guides/monitoring.md)."""
COLUMNS: Final = 20
"""That a monitor is assumed to look at; each has a metric of its own."""


@dataclass(frozen=True)
class NoPrice(Exception):
    """A type of machine that the table lacks."""

    instance_type: str


def price_runs(pipelines: Iterable[Pipeline], place: Place) -> Iterator[Item | NoPrice]:
    """One item for each step that has machines of its own."""
    for pipeline in pipelines:
        for step in pipeline.steps:
            yield from _price_step(pipeline, step, place)


def _price_step(pipeline: Pipeline, step: Step, place: Place) -> Iterator[Item | NoPrice]:
    runs = place.usage.runs
    if isinstance(step, MonitorStep):
        what = f"{step.name}: {OWN_METRICS} metrics, and one for each of {COLUMNS} columns"
        yield Item(layer=pipeline.name, what=what, used=item("metric", place.region) * (OWN_METRICS + COLUMNS))
    if isinstance(step, ScriptStep) and step.compute == "batch":
        job, hours = step.job, _hours(step.job.max_minutes, place)
        machine = hourly(QUEUE_TYPE, place.region) or Money()
        what = f"{step.name}: {runs:,} × {job.vcpus} vCPUs on a queue, {_minutes(hours)}"
        yield Item(layer=pipeline.name, what=what, used=machine * (job.vcpus / QUEUE_TYPE_VCPUS * hours * runs))
    for machines in step.jobs():
        price = hourly(machines.instance_type, place.region)
        if price is None:
            yield NoPrice(machines.instance_type)
            continue
        hours, count = _hours(machines.max_minutes, place), machines.instance_count
        disk = item("endpoint-storage", place.region) * (getattr(machines, "volume_gib", 0) / HOURS)
        what = f"{step.name}: {runs:,} × {count} {machines.instance_type}, {_minutes(hours)}"
        yield Item(layer=pipeline.name, what=what, used=(price + disk) * (count * hours * runs))


def price_endpoint(layer: str, capacity: Mapping[str, Any], beside: str, place: Place) -> Iterator[Item | NoPrice]:
    """``capacity`` is what SageMaker calls a variant; ``beside`` the name of a second one that is always there."""
    usage = place.usage
    if "ServerlessConfig" in capacity:
        memory = capacity["ServerlessConfig"]["MemorySizeInMB"] / 1024
        seconds = usage.requests * usage.request_ms / 1000
        what = f"{usage.requests:,} requests of {usage.request_ms} ms, {memory:g} GB"
        yield Item(layer=layer, what=what, used=item("serverless", place.region) * (seconds * memory))
        return
    price = hourly(capacity["InstanceType"], place.region)
    if price is None:
        yield NoPrice(capacity["InstanceType"])
        return
    count = capacity["InitialInstanceCount"] * (2 if beside else 1)
    second = f", half of them for `{beside}`" if beside else ""
    what = f"{count} × {capacity['InstanceType']}, always on once a model is deployed{second}"
    yield Item(layer=layer, what=what, idle=price * (count * HOURS))


def _hours(max_minutes: int, place: Place) -> float:
    return min(place.usage.step_minutes, max_minutes) / 60


def _minutes(hours: float) -> str:
    return f"{hours * 60:g} min"
