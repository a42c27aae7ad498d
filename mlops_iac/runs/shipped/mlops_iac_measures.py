"""How far two samples of a column are apart: PSI, Jensen-Shannon, Kolmogorov-Smirnov, chi-square.

A measure says how far, a test whether chance explains it. Of the sample that a model learned from there are its
statistics, in the form of SageMaker Model Monitor: at most 2,048 values of a column of numbers, which stand for all, or
how often each text came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIGNIFICANT = 0.01
"""How probable it may be that chance raises an alarm, with all columns together (Bonferroni)."""
PARTS = 10
"""Of the old sample, each as large as the others; the usual number for PSI."""
FEW = 0.5
"""Added to each count, so that an empty part is no infinite distance (Jeffreys)."""


@dataclass
class Difference:
    """How a column differs."""

    psi: float
    js: float
    """Jensen-Shannon distance, 0 to 1."""
    test: str
    statistic: float
    p: float
    """How probable such a difference is when nothing has changed."""
    parts: list[str]
    """What the parts are called."""
    before: list[float]
    now: list[float]
    """Share of each part."""


def compare(baseline: Mapping[str, Any], values: Any) -> Difference | None:
    """A column's statistics with the values of now, those that are missing left out; None where one side has none."""
    if not len(values):
        return None
    numeric = baseline.get("numerical_statistics")
    if numeric:
        return compare_numbers(numeric, values)
    texts = baseline.get("string_statistics")
    return compare_texts(texts, values) if texts else None


def compare_numbers(baseline: Mapping[str, Any], values: Any) -> Difference | None:
    import numpy  # type: ignore[import-not-found, unused-ignore]
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from scipy import stats  # type: ignore[import-not-found, import-untyped, unused-ignore]

    old = numpy.asarray(baseline["distribution"]["kll"]["sketch"]["data"][0], dtype=float)
    new = pandas.to_numeric(values, errors="coerce").dropna().to_numpy(dtype=float)
    if not len(old) or not len(new):
        return None
    inner = numpy.unique(numpy.quantile(old, numpy.linspace(0, 1, PARTS + 1)[1:-1]))
    edges = numpy.concatenate(([-numpy.inf], inner, [numpy.inf]))
    # A value that is an edge belongs to the part below it: many equal values are a part of their own.
    counts = [numpy.bincount(numpy.searchsorted(inner, sample), minlength=len(edges) - 1) for sample in (old, new)]
    found = stats.ks_2samp(old, new)
    names = [_between(low, high) for low, high in zip(edges[:-1], edges[1:])]  # noqa: B905, RUF007
    return _difference(names, counts[0], counts[1], "Kolmogorov-Smirnov", found.statistic, found.pvalue)


def compare_texts(baseline: Mapping[str, Any], values: Any) -> Difference:
    from scipy import stats  # type: ignore[import-not-found, import-untyped, unused-ignore]

    old = {str(one["value"]): one["count"] for one in baseline["distribution"]["categorical"]["buckets"]}
    rest = baseline["common"]["num_present"] - sum(old.values())
    new = values.astype(str).value_counts()
    names = [*old, "others"]
    before = [*old.values(), max(rest, 0)]
    now = [int(new.get(name, 0)) for name in old]
    now.append(int(new.sum()) - sum(now))
    kept = [pair for pair in zip(before, now) if sum(pair)]  # noqa: B905
    statistic, p = (0.0, 1.0)
    if len(kept) > 1:
        statistic, p = stats.chi2_contingency(list(zip(*kept)))[:2]  # noqa: B905
    return _difference(names, before, now, "chi-square", statistic, p)


def _difference(
    names: Sequence[str], before: Sequence[float], now: Sequence[float], test: str, statistic: float, p: float
) -> Difference:
    import numpy  # type: ignore[import-not-found, unused-ignore]

    shares = [_shares(numpy.asarray(counts, dtype=float), FEW) for counts in (before, now)]
    plain = [_shares(numpy.asarray(counts, dtype=float), 0.0).tolist() for counts in (before, now)]
    psi = float(((shares[1] - shares[0]) * numpy.log(shares[1] / shares[0])).sum())
    middle = (shares[0] + shares[1]) / 2
    divergence = sum(float((share * numpy.log2(share / middle)).sum()) / 2 for share in shares)
    return Difference(
        psi=psi,
        js=max(divergence, 0.0) ** 0.5,
        test=test,
        statistic=float(statistic),
        p=float(p),
        parts=list(names),
        before=plain[0],
        now=plain[1],
    )


def _shares(counts: Any, few: float) -> Any:
    return (counts + few) / (counts.sum() + few * len(counts))


def _between(low: float, high: float) -> str:
    if low == float("-inf"):
        return f"up to {high:.4g}"
    return f"over {low:.4g}" if high == float("inf") else f"{low:.4g} to {high:.4g}"


# How good predictions were -------------------------------------------------------------------------------------------

LABELS = ("accuracy", "f1", "precision", "recall")
SCORES = ("auc", "log_loss")
NUMBERS = ("mae", "mse", "r2", "rmse")


def measure(metric: str, truth: Sequence[Any], predicted: Sequence[Any], scores: Sequence[float] | None) -> float:
    """Raises ValueError with the reason when it cannot be measured."""
    from sklearn import metrics  # type: ignore[import-not-found, import-untyped, unused-ignore]

    if metric in NUMBERS:
        names = {"mae": "mean_absolute_error", "mse": "mean_squared_error", "r2": "r2_score"}
        found = float(getattr(metrics, names.get(metric, "mean_squared_error"))(truth, predicted))
        return found**0.5 if metric == "rmse" else found
    kinds = sorted({str(value) for value in truth})
    if metric == "accuracy":
        return float(metrics.accuracy_score(list(map(str, truth)), list(map(str, predicted))))
    if len(kinds) != 2:
        raise ValueError(f"{metric} compares two classes; the truth holds {len(kinds)}: {', '.join(kinds[:5])}")
    positive = [str(value) == kinds[1] for value in truth]
    if metric in SCORES:
        if scores is None:
            raise ValueError(f"{metric} needs probabilities, and the answers hold none")
        if metric == "auc":
            return float(metrics.roc_auc_score(positive, scores))
        return float(metrics.log_loss(positive, scores, labels=[False, True]))
    said = [str(value) == kinds[1] for value in predicted]
    score = {"f1": metrics.f1_score, "precision": metrics.precision_score, "recall": metrics.recall_score}[metric]
    return float(score(positive, said, zero_division=0))
