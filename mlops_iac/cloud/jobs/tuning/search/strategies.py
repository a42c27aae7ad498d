"""Which hyperparameters are tried next: one class for each of SageMaker's strategies.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final, Protocol

from mlops_iac.cloud.jobs.tuning.search.gaussian import expected_improvement, fit
from mlops_iac.cloud.jobs.tuning.search.space import Space, Values

_TRIES: Final = 200
"""How often a choice is drawn again because it was tried already."""
_FIRST: Final = 5
"""Choices that are drawn before there is anything to learn from."""
_CANDIDATES: Final = 300
_SEEN: Final = 150
"""Trials that a Gaussian process is fitted to, the best ones: its cost grows with their cube."""


class Strategy(Protocol):
    def next(self, done: list[tuple[Values, float]], going: list[Values]) -> Values | None:
        """The next choice; None when there is none left. ``done`` has trials with their objective, of which more is
        better, ``going`` those that have none yet."""

    def skip(self, values: Values) -> None:
        """A choice that a parent has tried already."""


class Grid:
    """Every combination once, in the order in which the values are written."""

    def __init__(self, space: Space, random: Random) -> None:
        self._left = iter(space.grid())

    def next(self, done: list[tuple[Values, float]], going: list[Values]) -> Values | None:
        return next(self._left, None)

    def skip(self, values: Values) -> None:
        self._left = iter([one for one in self._left if one != values])


class Drawn:
    """Drawn by chance, none twice. Hyperband draws in the same way; what it adds is when trials end."""

    def __init__(self, space: Space, random: Random) -> None:
        self.space, self.random = space, random
        self._tried: set[tuple[str, ...]] = set()

    def next(self, done: list[tuple[Values, float]], going: list[Values]) -> Values | None:
        if len(self._tried) >= self.space.size:
            return None
        return self._once(self.draw())

    def skip(self, values: Values) -> None:
        self._once(values)

    def draw(self) -> Values:
        """A choice that was not tried; after many draws, one that was."""
        for _ in range(_TRIES):
            values = self.space.draw(self.random)
            if tuple(values.values()) not in self._tried:
                break
        return values

    def _once(self, values: Values) -> Values:
        self._tried.add(tuple(values.values()))
        return values


class Bayesian(Drawn):
    """Where a Gaussian process that was fitted to the trials so far expects most (`gaussian`).

    Trials that still go count as if they had what is expected of them, so that two at a time look in two places.
    """

    def next(self, done: list[tuple[Values, float]], going: list[Values]) -> Values | None:
        if len(self._tried) >= self.space.size:
            return None
        if len(done) < _FIRST:
            return self._once(self.draw())
        known = sorted(done, key=lambda trial: trial[1], reverse=True)[:_SEEN]
        points, values = [self.space.coordinates(one) for one, _ in known], [value for _, value in known]
        process = fit(points, values)
        if going:
            there = [self.space.coordinates(one) for one in going]
            process = fit([*points, *there], [*values, *(process.predict(point)[0] for point in there)])
        best = max(values)
        candidates = [self.draw() for _ in range(_CANDIDATES)]
        chosen = max(candidates, key=lambda one: expected_improvement(process, self.space.coordinates(one), best))
        return self._once(chosen)


STRATEGIES: Final[Mapping[str, Callable[[Space, Random], Strategy]]] = {
    "Bayesian": Bayesian,
    "Grid": Grid,
    "Hyperband": Drawn,
    "Random": Drawn,
}
