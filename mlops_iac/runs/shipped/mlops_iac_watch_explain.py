"""Whether a model's answers depend on the same columns as when it was trained.

The model itself is asked, about rows of the window and in the way of its own explain report; how much of the old order
of columns is left says NDCG, as SageMaker Clarify measures it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlops_iac_attribution as attribution  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_tables import load_model  # type: ignore[import-not-found, unused-ignore]

NAMESPACE = "aws/sagemaker/Endpoints/explainability-metrics"
"""https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-feature-attribute-drift-cw.html"""


def watch_explain(
    asked: Mapping[str, Any], before: Mapping[str, Any], archive: Path | None, frame: Any, *, least_rows: int
) -> dict[str, Any]:
    """``asked``: ``rows``, ``at_least``; ``before``: what the explain step kept; ``archive``: the model that serves."""
    columns = list(before["importance"])
    found: dict[str, Any] = {"at_least": asked["at_least"], "ndcg": None, "rows": min(len(frame), asked["rows"])}
    found |= {"method": before["method"], "before": before["importance"], "now": {}, "why": ""}
    lacking = [name for name in columns if name not in frame]
    if len(frame) < least_rows:
        return {**found, "why": f"{len(frame)} rows were asked; {least_rows} are needed"}
    if lacking:
        return {**found, "why": f"no request has column {', '.join(lacking)}"}
    if archive is None:
        return {**found, "why": "the explain report does not say where its model lies"}
    try:
        now, method = measure(before, archive, frame[columns].sample(found["rows"], random_state=0))
    except Exception as problem:  # a team's model may raise anything, and the other checks have found what they found
        return {**found, "why": f"the model could not be asked: {type(problem).__name__}: {problem}"}
    if method != before["method"]:
        return {**found, "why": f"the training measured by {before['method']}, this look by {method}: train again"}
    return {**found, "now": now, "ndcg": attribution.ndcg(before["importance"], now)}


def measure(before: Mapping[str, Any], archive: Path, features: Any) -> tuple[dict[str, float], str]:
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    background = pandas.DataFrame(before["background"])[list(features.columns)]
    found: tuple[dict[str, float], str] = attribution.importance(load_model(archive.parent), features, background)
    return found


def figures(found: Mapping[str, Any]) -> dict[str, float]:
    """What CloudWatch is told. Each column's importance is in the report: a metric of its own costs 0.30 $ a month."""
    return {} if found.get("ndcg") is None else {"ndcg": found["ndcg"]}


def violations(found: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-model-attribution-drift-violations.html"""
    if found.get("ndcg") is not None and found["ndcg"] < found["at_least"]:
        first = sorted(found["now"], key=lambda name: -found["now"][name])[:3]
        said = f"nDCG is {found['ndcg']:.2f}; it may be {found['at_least']:g}. First come now {', '.join(first)}."
        yield {"feature_name": "", "constraint_check_type": "feature_attribution_drift_check", "description": said}
