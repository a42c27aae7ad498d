"""What a model's answers depend on: SHAP values where shap is installed, else permutation importance.

https://scikit-learn.org/stable/modules/permutation_importance.html
"""

from __future__ import annotations

import argparse
from typing import Any

from mlops_iac_tables import (  # type: ignore[import-not-found, unused-ignore]
    PROCESSING,
    Unusable,
    check_columns,
    features_of,
    load_model,
    make_page,
    read_table,
    run,
    write_report,
)

BACKGROUND = 100
"""Rows that SHAP compares with."""
REPEATS = 5
"""How often each column is shuffled."""


def main(asked: argparse.Namespace) -> None:
    frame = read_table(PROCESSING / "input/data")
    check_columns(frame, [asked.label])
    if len(frame) > asked.rows:
        frame = frame.sample(asked.rows, random_state=0)
    model = load_model(PROCESSING / "input/model")
    features = features_of(model, frame, [asked.label])
    found, method = importance(model, features, frame[asked.label])
    total = sum(max(value, 0.0) for value in found.values())
    shares = {name: max(value, 0.0) / total if total else 0.0 for name, value in found.items()}
    ordered = sorted(found, key=lambda name: -found[name])
    metrics = {"top_share": max(shares.values()), "features": len(found)}
    report = {"method": method, "rows": len(frame), "importance": {n: found[n] for n in ordered}, "share": shares}
    rows = [(name, found[name], shares[name]) for name in ordered]
    page = make_page("What the model depends on", f"{len(frame)} rows, by {method}.",
                     [("Features", ("feature", "importance", "share"), rows)])  # fmt: skip
    evaluation = {"metrics": metrics, "importance": found, "share": shares}
    write_report(PROCESSING / "output/report", report, evaluation, page)
    print(f"explain: by {method}; first {', '.join(ordered[:3])}")


def importance(model: Any, features: Any, label: Any) -> tuple[dict[str, float], str]:
    try:
        import shap  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return by_permutation(model, features, label), "permutation importance (shap is not in requirements.txt)"
    import numpy  # type: ignore[import-not-found, unused-ignore]

    answer = getattr(model, "predict_proba", model.predict)
    background = features.sample(min(BACKGROUND, len(features)), random_state=0)
    values = numpy.abs(shap.Explainer(answer, background)(features).values)
    while values.ndim > 2:  # a value for each class
        values = values.mean(axis=-1)
    means = values.mean(axis=0)
    return {str(name): float(value) for name, value in zip(features.columns, means)}, "SHAP"  # noqa: B905


def by_permutation(model: Any, features: Any, label: Any) -> dict[str, float]:
    """How much the score falls when a column is shuffled."""
    from sklearn.inspection import permutation_importance  # type: ignore[import-not-found, import-untyped, unused-ignore]

    if not hasattr(model, "score"):
        raise Unusable(
            f"a {type(model).__name__} has no `score`: add shap to requirements.txt, or bring your own script"
        )
    found = permutation_importance(model, features, label, n_repeats=REPEATS, random_state=0)
    return {str(name): float(value) for name, value in zip(features.columns, found.importances_mean)}  # noqa: B905


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_explain")
    parser.add_argument("--label", required=True)
    parser.add_argument("--rows", type=int, default=1000)
    run(main, parser)
