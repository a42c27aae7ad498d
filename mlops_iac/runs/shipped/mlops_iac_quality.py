"""How good an endpoint's answers were, by what became known later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import mlops_iac_measures as measures  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_captured import Request, Truth  # type: ignore[import-not-found, unused-ignore]


def join(requests: Sequence[Request], truth: Truth) -> list[tuple[Request, list[Any]]]:
    """By inference id. Ids that came twice say nothing of either, and are left out."""
    times = Counter(request.id for request in requests)
    return [(one, truth.labels[one.id]) for one in requests if one.id in truth.labels and times[one.id] == 1]


def measure_quality(metric: str, requests: Sequence[Request], truth: Truth, *, least_rows: int) -> dict[str, Any]:
    times = Counter(request.id for request in requests)
    joined: list[tuple[Any, Any, float | None]] = []
    lengths = 0
    for request, labels in join(requests, truth):
        predicted = predictions_of(request)
        if len(predicted) != len(labels):
            lengths += 1
            continue
        joined += [(label, *one) for label, one in zip(labels, predicted)]  # noqa: B905
    found: dict[str, Any] = {
        "metric": metric,
        "value": None,
        "rows": len(joined),
        "why": "",
        "unknown_ids": sum(id not in times for id in truth.labels),
        "ids_twice": sum(times[id] > 1 for id in truth.labels),
        "other_lengths": lengths,
        "broken": sum(truth.broken.values()),
    }
    if len(joined) < least_rows:
        return {**found, "why": f"{len(joined)} predictions have a truth; {least_rows} are needed"}
    labels, predicted, scores = map(list, zip(*joined))  # noqa: B905
    try:
        known = None if None in scores else scores
        return {**found, "value": measures.measure(metric, labels, predicted, known)}
    except (ValueError, TypeError) as problem:
        return {**found, "why": str(problem)}


def predictions_of(request: Request) -> list[tuple[Any, float | None]]:
    """What was predicted for each row, and the probability of the second class where the answer says it."""
    answer = request.answer
    if isinstance(answer, dict):
        said, chances = answer.get("predictions"), answer.get("probabilities")
        if not isinstance(said, list):
            return []
        scores = [row[1] if isinstance(row, list) and len(row) == 2 else None for row in chances or ()]
        return list(zip(map(number_of, said), scores if len(scores) == len(said) else [None] * len(said)))  # noqa: B905
    if isinstance(answer, list):
        cells = [row[0] if isinstance(row, list) and row else row for row in answer]
        return [(number_of(cell), cell if isinstance(cell, float) else None) for cell in cells]
    return []


def number_of(value: Any) -> Any:
    """As labels are read: 1 and 1.0 are one."""
    return float(value) if isinstance(value, (int, float)) else value
