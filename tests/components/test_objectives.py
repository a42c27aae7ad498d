"""What an endpoint promises: bounds of alarms that follow from it."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.components._kit import EndpointRef
from mlops_iac.components.monitoring.objectives import Latency, Objectives, ObjectivesArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import Made, World, run, site

ENDPOINT = EndpointRef(
    name="screening-dev-endpoint",
    flavour="realtime",
    role_arn="arn:aws:iam::1:role/r",
    settings={"VariantName": "main"},
)


def made(**args: Any) -> World:
    return run(lambda: Objectives(site().named("slo"), ObjectivesArgs(endpoint=ENDPOINT, **args)))


def bound(alarm: Made) -> tuple[Any, ...]:
    inputs = alarm.inputs
    statistic = inputs.get("statistic") or inputs["extendedStatistic"]
    return inputs["metricName"], statistic, inputs["period"], inputs["threshold"]


def test_errors_are_compared_with_the_budget_that_a_promise_leaves() -> None:
    world = made(availability_percent=99.9)
    assert bound(world.get("slo-errors-fast")) == ("Invocation5XXErrors", "Average", 3600, 0.0144)
    assert bound(world.get("slo-errors-slow")) == ("Invocation5XXErrors", "Average", 21600, 0.006)
    assert len(world.of("aws:cloudwatch/metricAlarm:MetricAlarm")) == 2


def test_time_is_compared_at_the_part_that_is_promised() -> None:
    world = made(latency=Latency(milliseconds=200, percent=99.5))
    assert bound(world.get("slo-latency-fast")) == ("ModelLatency", "p99.5", 3600, 200_000)
    assert bound(world.get("slo-latency-slow")) == ("ModelLatency", "p99.5", 21600, 200_000)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "Nothing is promised"),
        ({"availability_percent": 100}, "Value out of range"),
        ({"latency": Latency(milliseconds=0)}, "Value out of range"),
    ],
)
def test_a_promise_that_cannot_be_kept_or_missed_is_refused(args: dict[str, Any], words: str) -> None:
    with pytest.raises(BlueprintError, match=words):
        made(**args)
