"""Widgets of a CloudWatch dashboard (CloudWatch's "Dashboard body structure and syntax"); pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

from mlops_iac.components._kit import ApiRef, EndpointRef, PipelineRef, ScalingRef

WIDTH, HEIGHT = 12, 6
"""Two columns on CloudWatch's grid of 24."""

Widget = dict[str, Any]


def runs(region: str, name: str, ref: PipelineRef) -> Widget:
    """Runs of a pipeline by how they ended."""
    rows = [[one.namespace, one.name, *chain.from_iterable(one.dimensions.items())] for one in ref.outcomes]
    return _chart(region, f"Runs of {name}", rows, stat="Sum")


def endpoint(region: str, ref: EndpointRef) -> list[Widget]:
    """Requests, errors and time of an endpoint."""
    place = ["EndpointName", ref.name, "VariantName", ref.settings["VariantName"]]
    counted = [
        ["AWS/SageMaker", metric, *place] for metric in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    ]
    timed = [["AWS/SageMaker", metric, *place] for metric in ("ModelLatency", "OverheadLatency")]
    return [
        _chart(region, "Requests", counted, stat="Sum"),
        _chart(region, "Slowest tenth of requests (microseconds)", timed, stat="p90"),
    ]


SCALED: Final = {
    "InvocationsPerInstance": ("Requests a minute at each instance", "Sum", "instances"),
    "ServerlessProvisionedConcurrencyUtilization": (
        "Part of what is awake that is busy",
        "Maximum",
        "requests at once",
    ),
}
"""Metric to the title of its chart, its statistic, and what there are so many of."""


def scaling(region: str, ref: ScalingRef) -> Widget:
    """What decides how many instances there are, with the target."""
    place = [part for pair in ref.metric.dimensions.items() for part in pair]
    title, stat, unit = SCALED.get(ref.metric.name, ("Requests that wait for each instance", "Average", "instances"))
    words = f"target; {ref.at_least} to {ref.at_most} {unit}"
    metric = [ref.metric.namespace, ref.metric.name, *place]
    chart = objective(region, title, metric, stat, ref.target, words)
    chart["properties"]["period"] = 60
    return chart


def api(region: str, ref: ApiRef) -> list[Widget]:
    """Requests, refusals and time of an API."""
    place = ["ApiName", ref.name, "Stage", ref.stage]
    counted = [["AWS/ApiGateway", metric, *place] for metric in ("Count", "4XXError", "5XXError")]
    timed = [["AWS/ApiGateway", metric, *place] for metric in ("Latency", "IntegrationLatency")]
    return [
        _chart(region, "Requests of the API", counted, stat="Sum"),
        _chart(region, "Slowest tenth of the API's requests (milliseconds)", timed, stat="p90"),
    ]


def objective(region: str, title: str, metric: list[Any], stat: str, bound: float, words: str) -> Widget:
    """A metric with the bound that a promise sets."""
    chart = _chart(region, title, [metric], stat=stat)
    chart["properties"]["annotations"] = {"horizontal": [{"label": words, "value": bound}]}
    return chart


def nothing() -> Widget:
    """What stands there while nothing is watched."""
    return {"type": "text", "properties": {"markdown": "Nothing is watched here yet."}}


def placed(widgets: Iterable[Widget]) -> list[Widget]:
    """The widgets from left to right, row by row."""
    return [
        {**widget, "x": number % 2 * WIDTH, "y": number // 2 * HEIGHT, "width": WIDTH, "height": HEIGHT}
        for number, widget in enumerate(widgets)
    ]


def _chart(region: str, title: str, metrics: list[list[Any]], *, stat: str) -> Widget:
    properties = {
        "title": title,
        "region": region,
        "metrics": metrics,
        "stat": stat,
        "period": 300,
        "view": "timeSeries",
    }
    return {"type": "metric", "properties": properties}
