"""Whether an endpoint treats groups less alike than its model did when it was trained.

The difference between groups is compared with that of the model's own bias report: of what is predicted positive, by
what was asked; of true and false positives, by what became known later. It drifts when it has grown by more than may
be, and chance does not explain it: each difference is one of two shares, whose errors are normal enough
(https://en.wikipedia.org/wiki/Two-proportion_Z-test).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from mlops_iac_bias import RATES, rates, word  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_captured import Request  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_measures import SIGNIFICANT  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_quality import predictions_of  # type: ignore[import-not-found, unused-ignore]

NAMESPACE = "aws/sagemaker/Endpoints/bias-metrics"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-bias-drift-cw.html"""
LEAST = 10
"""Rows without which a group's share says nothing."""
SELECTED = RATES[0]
AMONG = dict(zip(RATES, ("rows", "positives", "negatives")))  # noqa: B905
"""A rate, and the rows that it is a share of."""
Groups = Mapping[str, Mapping[str, float]]


def watch_bias(
    asked: Mapping[str, Any],
    before: Mapping[str, Groups],
    recent: Sequence[Request],
    known: Sequence[tuple[Request, Sequence[Any]]],
    *,
    least_rows: int,
) -> dict[str, Any]:
    """``asked``: ``groups``, ``positive``, ``at_most``; ``before``: column to groups to rates; ``known``: requests with
    what became known of them."""
    now, later = table(asked, recent), table(asked, [one for one, _ in known], [labels for _, labels in known])
    found: dict[str, Any] = {"at_most": asked["at_most"], "drift": None, "rows": len(now), "joined_rows": len(later)}
    found |= {"why": "", "differences": []}
    if len(now) < least_rows:
        return {**found, "why": f"{len(now)} rows were predicted; {least_rows} are needed"}
    if lacking := [name for name in asked["groups"] if name not in now]:
        return {**found, "why": f"no request has column {', '.join(lacking)}"}
    differences = [*compare(asked, before, now, RATES[:1])]
    differences += compare(asked, before, later, RATES[1:]) if len(later) >= least_rows else []
    if not differences:
        return {**found, "why": f"no two groups have {LEAST} rows, then and now"}
    least = NormalDist().inv_cdf(1 - SIGNIFICANT / len(differences))
    for one in differences:
        one["drifts"] = one["more"] > asked["at_most"] and one["deviations"] > least
    real = [one["more"] for one in differences if one["deviations"] > least]
    differences.sort(key=lambda one: (not one["drifts"], -one["more"]))
    return {**found, "drift": max(real, default=0.0), "differences": differences}


def table(asked: Mapping[str, Any], requests: Sequence[Request], labels: Sequence[Sequence[Any]] = ()) -> Any:
    """A row for each that was predicted: its groups, whether it was ``chosen``, and whether that was ``true``."""
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    rows = []
    for number, request in enumerate(requests):
        predicted = [word(value) == asked["positive"] for value, _ in predictions_of(request)]
        truth: Sequence[bool | None] = [None] * len(predicted)
        if labels:
            truth = [word(value) == asked["positive"] for value in labels[number]]
        if len(request.rows) == len(predicted) == len(truth):
            groups = ({name: word(row[name]) for name in asked["groups"] if name in row} for row in request.rows)
            rows += [{**g, CHOSEN: said, TRUE: real} for g, said, real in zip(groups, predicted, truth)]  # noqa: B905
    return pandas.DataFrame(rows)


CHOSEN, TRUE = "mlops_iac:chosen", "mlops_iac:true"
"""Columns that no team has."""


def compare(
    asked: Mapping[str, Any], before: Mapping[str, Groups], now: Any, wanted: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for column in asked["groups"]:
        found = rates(now[TRUE].astype(bool), now[CHOSEN], now[column].fillna(word(None)))
        for rate in wanted:
            old, new = difference(before.get(column, {}), rate), difference(found, rate)
            if old and new:
                more, error = new[0] - old[0], math.hypot(old[1], new[1])
                shares = {group: one[rate] for group, one in found.items()}
                told = {"column": column, "rate": rate, "before": old[0], "now": new[0], "more": more}
                yield {**told, "deviations": more / error, "drifts": False, "groups": shares}


def difference(groups: Groups, rate: str) -> tuple[float, float] | None:
    """Between the group with the largest share and the one with the smallest, and its standard error; None where there
    are no two. An error is that of a share with one more row on each side, so that none is nothing."""
    among = AMONG[rate]
    shares = [(one[rate], one[among]) for one in groups.values() if one.get(among, 0) >= LEAST]
    if len(shares) < 2:
        return None
    most, least = max(shares), min(shares)
    errors = []
    for share, count in (most, least):
        smooth = (share * count + 1) / (count + 2)
        errors.append(math.sqrt(smooth * (1 - smooth) / count))
    return most[0] - least[0], math.hypot(*errors)


def figures(found: Mapping[str, Any]) -> dict[str, float]:
    """What CloudWatch is told: how much more different than at the training, and how different now."""
    if found.get("drift") is None:
        return {}
    by_rate: dict[str, list[float]] = {}
    for one in found["differences"]:
        by_rate.setdefault(one["rate"], []).append(one["now"])
    odds = [*by_rate.get(RATES[1], ()), *by_rate.get(RATES[2], ())]
    told = {"bias_drift": found["drift"], "demographic_parity_difference": max(by_rate.get(SELECTED, [0.0]))}
    return {**told, "equalized_odds_difference": max(odds)} if odds else told


def violations(found: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-bias-drift-violations.html"""
    for one in found.get("differences", ()):
        if one["drifts"]:
            said = f"{one['rate']} differs by {one['now']:.2f} between groups, {one['more']:.2f} more than at the "
            said += f"training; it may be {found['at_most']:g} more."
            yield {"feature_name": one["column"], "constraint_check_type": "bias_drift_check", "description": said}
