"""A ridge regression of the next day's value on the days before, for one series. All of it is small on purpose."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ITEMS, SERIES = "items.csv", "series.npy"
"""The names of the series, and their values in the same order: a row for each."""
LAGS = (1, 2, 3, 5, 7, 8, 9, 10, 14, 21)
PENALTIES = tuple(10.0**power for power in np.linspace(-3, 3, 10))
SETTINGS = tuple({"lags": lags, "penalty": penalty} for penalty in PENALTIES for lags in LAGS)
"""A hundred: each index of a map's item is one of them."""
HOLDOUT = 28
"""Last days of a series, which no training sees."""


def read_series(folder: Path) -> dict[str, np.ndarray]:
    """All series by name."""
    with (folder / ITEMS).open(newline="", encoding="utf-8") as file:
        return {
            row["series"]: values for row, values in zip(csv.DictReader(file), np.load(folder / SERIES), strict=True)
        }


def rows(values: np.ndarray, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """For each day from `lags` on: the days before it, and its value."""
    before = np.stack([values[lag : len(values) - lags + lag] for lag in range(lags)], axis=1)
    return before, values[lags:]


def fit(values: Sequence[float], lags: int, penalty: float) -> dict[str, Any]:
    """Weights on the scaled series, the last day's last."""
    scale = float(np.mean(np.abs(values))) or 1.0
    before, after = rows(np.asarray(values) / scale, lags)
    features = np.column_stack([before, np.ones(len(before))])
    weights = np.linalg.solve(features.T @ features + penalty * np.eye(lags + 1), features.T @ after)
    return {"lags": lags, "scale": scale, "weights": weights.tolist()}


def predict(model: dict[str, Any], history: Sequence[float]) -> float:
    """The next day's value. Raises ValueError for a history that is too short."""
    lags = model["lags"]
    if len(history) < lags:
        raise ValueError(f"the model looks at {lags} days; the history has {len(history)}")
    before = np.asarray(history[-lags:], dtype=float) / model["scale"]
    return float(np.append(before, 1.0) @ np.asarray(model["weights"]) * model["scale"])


def error_of(model: dict[str, Any], values: Sequence[float], days: int) -> float:
    """Mean absolute error of the last days, each forecast from the days before it, as a share of their mean."""
    known = len(values) - days
    misses = [abs(predict(model, values[: known + day]) - values[known + day]) for day in range(days)]
    return float(np.mean(misses) / np.mean(np.abs(values[known:])))
