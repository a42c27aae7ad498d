"""A Gaussian process in plain Python: what the values at known places say about those at others.

Small on purpose: a tuning job has at most some hundreds of trials, and the embedded cloud needs no numpy for them. The
kernel is Matérn 5/2 with one length for all dimensions, chosen from a few by the likelihood of what was seen.
Rasmussen and Williams, "Gaussian Processes for Machine Learning", algorithm 2.1: http://gaussianprocess.org/gpml/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = Sequence[float]

_LENGTHS: Final = (0.1, 0.2, 0.4, 0.8, 1.6)
_NOISE: Final = 1e-3
"""Variance of the noise, against a signal of variance one: two trainings of one choice hardly differ."""
_ROOT: Final = math.sqrt(5.0)


@dataclass(frozen=True)
class Process:
    """What is believed after values were seen."""

    points: list[Point]
    length: float
    factor: list[list[float]]
    """The lower Cholesky factor of the points' covariance."""
    weights: list[float]
    mean: float
    spread: float

    def predict(self, point: Point) -> tuple[float, float]:
        """Mean and standard deviation at a place."""
        near = [_kernel(point, other, self.length) for other in self.points]
        mean = sum(a * b for a, b in zip(near, self.weights, strict=True))
        part = _solve_lower(self.factor, near)
        variance = max(1.0 + _NOISE - sum(v * v for v in part), 1e-12)
        return self.mean + self.spread * mean, self.spread * math.sqrt(variance)


def fit(points: Sequence[Point], values: Sequence[float]) -> Process:
    """The process that explains the values best."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    plain = [(value - mean) / spread for value in values]
    fits = [_fit(list(points), plain, length) for length in _LENGTHS]
    _, length, factor, weights = max(fits, key=lambda fitted: fitted[0])
    return Process(list(points), length, factor, weights, mean, spread)


def _fit(
    points: list[Point], values: list[float], length: float
) -> tuple[float, float, list[list[float]], list[float]]:
    factor = _cholesky(points, length)
    half = _solve_lower(factor, values)
    weights = _solve_upper(factor, half)
    likelihood = -0.5 * sum(v * v for v in half) - sum(math.log(row[i]) for i, row in enumerate(factor))
    return likelihood, length, factor, weights


def expected_improvement(process: Process, point: Point, best: float) -> float:
    """By how much a place is expected to be above the best value so far."""
    mean, deviation = process.predict(point)
    z = (mean - best) / deviation
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return (mean - best) * 0.5 * (1 + math.erf(z / math.sqrt(2))) + deviation * density


def _kernel(a: Point, b: Point, length: float) -> float:
    r = _ROOT * math.dist(a, b) / length
    return (1 + r + r * r / 3) * math.exp(-r)


def _cholesky(points: list[Point], length: float) -> list[list[float]]:
    factor: list[list[float]] = []
    for i, point in enumerate(points):
        row: list[float] = []
        for j in range(i):
            above = factor[j]
            covered = sum(row[k] * above[k] for k in range(j))
            row.append((_kernel(point, points[j], length) - covered) / above[j])
        row.append(math.sqrt(max(1.0 + _NOISE - sum(v * v for v in row), 1e-9)))
        factor.append(row)
    return factor


def _solve_lower(factor: list[list[float]], values: Sequence[float]) -> list[float]:
    found: list[float] = []
    for row, value in zip(factor, values, strict=True):
        found.append((value - sum(a * b for a, b in zip(row, found, strict=False))) / row[-1])
    return found


def _solve_upper(factor: list[list[float]], values: Sequence[float]) -> list[float]:
    found = list(values)
    for i in reversed(range(len(found))):
        found[i] = (found[i] - sum(factor[k][i] * found[k] for k in range(i + 1, len(found)))) / factor[i][i]
    return found
