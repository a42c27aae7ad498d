"""How many instances there should be, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlops_iac.cloud.autoscaling.deciding import Bounds, Last, base, is_cool, step, track

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STEPS = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
    {"MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
]


@pytest.mark.parametrize(
    ("count", "values", "high", "wanted"),
    [
        (2, [90, 90, 90], True, 3),
        (2, [61, 61, 61], True, 3),
        (2, [240, 180, 180], True, 7),
        (0, [60], True, 1),
        (4, [15, 0, 0], False, 1),
        (4, [50, 10, 0], False, 4),
        (3, [0] * 15, False, 0),
        (2, [], False, 2),
    ],
)
def test_the_metric_keeps_its_target(count: int, values: list[float], high: bool, wanted: int) -> None:
    assert track({"TargetValue": 60}, count, values, high=high) == wanted


@pytest.mark.parametrize(
    ("kind", "count", "over", "wanted"),
    [
        ("ChangeInCapacity", 2, 5, 3),
        ("ChangeInCapacity", 2, 10, 5),
        ("ChangeInCapacity", 2, -1, 1),
        ("ExactCapacity", 7, 10, 3),
        ("PercentChangeInCapacity", 2, 10, 3),
    ],
)
def test_the_step_that_fits_decides(kind: str, count: int, over: float, wanted: int) -> None:
    assert step({"AdjustmentType": kind, "StepAdjustments": STEPS}, count, over) == wanted


def test_a_percentage_is_at_least_its_magnitude() -> None:
    config = {"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 2, "StepAdjustments": STEPS}
    assert step(config, 10, 20) == 12


def test_what_the_last_step_added_counts_until_it_is_cool() -> None:
    last = Last(at=NOW - timedelta(seconds=100), before=2)
    assert not is_cool(last, 300, NOW)
    assert base(last, 300, NOW, 4) == 2
    assert is_cool(last, 60, NOW)
    assert base(last, 60, NOW, 4) == 4
    assert is_cool(None, 300, NOW)


def test_bounds_hold() -> None:
    bounds = Bounds(least=1, most=3)
    assert [bounds.clamp(count) for count in (0, 2, 9)] == [1, 2, 3]
