from __future__ import annotations

import pytest

from mlops_iac.cloud.telemetry.evaluation import Point, Rule, compute, evaluate, find_refusal

NOW = 1_000_000 * 60.0 + 30  # in the middle of a minute


def rule(**given):
    settings = {"statistic": "Sum", "comparison": "GreaterThanThreshold", "threshold": 0, "period": 60, "periods": 1}
    return Rule(**{**settings, "to_alarm": given.get("periods", 1), **given})


def at(minutes_ago: float, value: float = 1.0) -> Point:
    return Point(NOW - minutes_ago * 60, value)


@pytest.mark.parametrize(
    ("given", "points", "state"),
    [
        ({}, [at(0)], "ALARM"),
        ({}, [at(0, 0.0)], "OK"),
        ({"comparison": "GreaterThanOrEqualToThreshold"}, [at(0, 0.0)], "ALARM"),
        ({"comparison": "LessThanThreshold", "threshold": 5}, [at(0)], "ALARM"),
        ({"comparison": "LessThanOrEqualToThreshold"}, [at(0)], "OK"),
        ({"threshold": 1}, [at(0), at(0.1)], "ALARM"),  # the sum of the window
        ({}, [at(1)], "INSUFFICIENT_DATA"),  # the window before is not looked at
        ({"periods": 3}, [at(0), at(1), at(2)], "ALARM"),
        ({"periods": 3}, [at(0), at(1, 0.0), at(2)], "OK"),
        ({"periods": 3, "to_alarm": 2}, [at(0), at(1, 0.0), at(2)], "ALARM"),
        ({"missing": "notBreaching"}, [], "OK"),
        ({"missing": "breaching"}, [], "ALARM"),
        ({"missing": "breaching", "periods": 2}, [at(0)], "ALARM"),
        ({"missing": "notBreaching", "periods": 2}, [at(0)], "OK"),
        ({"missing": "ignore"}, [], "ALARM"),  # stays what it was
    ],
)
def test_an_alarm_is_in_the_state_that_its_data_say(given, points, state) -> None:
    assert evaluate(rule(**given), points, NOW, "ALARM")[0] == state


def test_the_reason_names_the_values_and_the_threshold() -> None:
    assert evaluate(rule(), [at(0, 2.0)], NOW, "OK")[1] == (
        "Threshold Crossed: 1 datapoint [2 (26/11/71 10:40:00)] was greater than the threshold (0)."
    )


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ("Sum", 10.0),
        ("Average", 2.5),
        ("Minimum", 1.0),
        ("Maximum", 4.0),
        ("SampleCount", 4),
        ("p50", 2.5),
        ("p100", 4.0),
    ],
)
def test_a_statistic_is_computed_over_the_window(statistic, value) -> None:
    assert compute(statistic, [Point(NOW, float(n)) for n in (4, 1, 3, 2)]) == value


def test_a_summary_of_several_values_counts_as_all_of_them() -> None:
    points = [Point(NOW, 6.0, 3, 1.0, 3.0), Point(NOW, 4.0)]
    assert [compute(name, points) for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")] == [
        10,
        2.5,
        1,
        4,
        4,
    ]


def test_what_is_not_evaluated_is_named() -> None:
    assert find_refusal(rule()) == ""
    assert "tm99" in find_refusal(rule(statistic="tm99"))
    assert "LessThanLowerThreshold" in find_refusal(rule(comparison="LessThanLowerThreshold"))
