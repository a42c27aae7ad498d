"""How a tuning job chooses and gives up: pure, and the same for the same seed."""

from __future__ import annotations

import math
from random import Random
from statistics import median
from typing import Any

import pytest

from mlops_iac.cloud.jobs.tuning.search.gaussian import expected_improvement, fit
from mlops_iac.cloud.jobs.tuning.search.space import Space, Values, read_space
from mlops_iac.cloud.jobs.tuning.search.stopping import Hyperband, Median
from mlops_iac.cloud.jobs.tuning.search.strategies import STRATEGIES

RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "1e-5", "MaxValue": "1", "ScalingType": "Logarithmic"},
        {"Name": "x", "MinValue": "-2", "MaxValue": "2"},
    ],
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
}


def score(values: Values) -> float:
    missed = (math.log10(float(values["rate"])) + 2) ** 2 + (float(values["x"]) - 0.7) ** 2
    return -missed - (values["kind"] == "a")


def search(strategy: str, space: Space, seed: int, count: int) -> list[tuple[Values, float]]:
    chooser = STRATEGIES[strategy](space, Random(seed))
    done: list[tuple[Values, float]] = []
    while len(done) < count and (values := chooser.next(done, [])):
        done.append((values, score(values)))
    return done


def test_bayesian_search_learns_and_random_search_does_not() -> None:
    space = read_space(RANGES)

    def best(strategy: str) -> float:
        return median(max(value for _, value in search(strategy, space, seed, 20)) for seed in range(5))

    assert best("Bayesian") > -0.06 > best("Random")


def test_the_same_seed_makes_the_same_choices() -> None:
    space = read_space(RANGES)
    for strategy in ("Random", "Bayesian"):
        assert search(strategy, space, 3, 8) == search(strategy, space, 3, 8)


def test_values_lie_within_their_ranges_and_on_their_scale() -> None:
    drawn = [read_space(RANGES).draw(Random(seed)) for seed in range(200)]
    assert all(1e-5 <= float(one["rate"]) <= 1 and -2 <= float(one["x"]) <= 2 for one in drawn)
    assert 70 < sum(float(one["rate"]) < math.sqrt(1e-5) for one in drawn) < 130, "half of them in half of the decades"


def test_integers_have_equal_shares_and_a_space_that_is_used_up_ends_the_search() -> None:
    space = read_space({"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "4"}]})
    drawn = [space.draw(Random(seed))["n"] for seed in range(400)]
    assert {*drawn} == {"1", "2", "3", "4"}
    assert all(60 < drawn.count(value) < 140 for value in "1234")
    chooser = STRATEGIES["Random"](space, Random(0))
    assert sorted(one["n"] for one in iter(lambda: chooser.next([], []), None)) == ["1", "2", "3", "4"]


def test_two_at_a_time_look_in_two_places() -> None:
    space = read_space(RANGES)
    done = search("Bayesian", space, 1, 8)
    chooser = STRATEGIES["Bayesian"](space, Random(1))
    first = chooser.next(done, [])
    assert first is not None
    assert chooser.next(done, [first]) != first


def test_a_gaussian_process_is_sure_where_it_has_seen() -> None:
    process = fit([[0.0], [0.5], [1.0]], [0.0, 1.0, 0.0])
    mean, deviation = process.predict([0.5])
    assert mean == pytest.approx(1.0, abs=0.02)
    assert deviation < process.predict([0.25])[1]
    assert expected_improvement(process, [0.4], 1.0) > expected_improvement(process, [0.0], 1.0)


def test_a_trial_below_the_median_of_the_others_averages_ends() -> None:
    rule = Median()
    assert [rule.sees("a", value) for value in (1, 2, 3)] == [False] * 3
    assert [rule.sees("b", value) for value in (2, 2)] == [False] * 2
    assert rule.sees("c", 0.5) is True


def test_hyperband_lets_the_best_third_of_a_rung_go_on_and_ends_at_the_most() -> None:
    rule = Hyperband(1, 9)
    assert [rule.sees(trial, value) for trial, value in (("a", 3), ("b", 2), ("c", 1))] == [False, False, True]
    assert [rule.sees("a", 3) for _ in range(8)] == [*[False] * 7, True]
