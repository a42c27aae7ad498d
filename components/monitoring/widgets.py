"""Widgets of a CloudWatch dashboard (CloudWatch's "Dashboard body structure and syntax"); pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from mlops_iac.components._kit import EndpointRef, PipelineRef

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
