"""How a model treats groups: selection rates, demographic parity, equalized odds, by each column of groups.

By fairlearn where it is installed; else by the same formulas, which are few:
https://fairlearn.org/main/user_guide/assessment/common_fairness_metrics.html

selection rate                       share of a group that is predicted the positive class
demographic parity difference, ratio  largest less smallest selection rate; smallest by largest
equalized odds difference, ratio      the worse one of the same for true and for false positive rates
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

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


def main(asked: argparse.Namespace) -> None:
    frame = read_table(PROCESSING / "input/data")
    groups = asked.groups.split(",")
    check_columns(frame, [asked.label, *groups])
    predicted = find_predictions(frame, asked, groups)
    truth, chosen = words(frame[asked.label]) == asked.positive, words(predicted) == asked.positive
    if not truth.any():
        raise Unusable(f"no row of column {asked.label} is `{asked.positive}`: say another `positive`")
    by_group = {name: rates(truth, chosen, words(frame[name])) for name in groups}
    measures, method = compare(truth, chosen, frame, groups, by_group)
    metrics = {
        name: worst(name, [found[name] for found in measures.values()]) for name in next(iter(measures.values()))
    }
    report = {"method": method, "label": asked.label, "positive": asked.positive, "rows": len(frame)}
    report |= {"metrics": metrics, "by_column": measures, "groups": by_group}
    slices = {f"by_{name}": found for name, found in by_group.items()}
    tables = [
        (name, ("group", "rows", *RATES[1:], RATES[0]), [(g, r["rows"], r[RATES[1]], r[RATES[2]], r[RATES[0]])
        for g, r in found.items()]) for name, found in by_group.items()
    ]  # fmt: skip
    summary = ("All groups", ("measure", "value"), list(metrics.items()))
    page = make_page("Bias by group", f"{len(frame)} rows, by {method}.", [summary, *tables])
    write_report(PROCESSING / "output/report", report, {"metrics": metrics, **slices}, page)
    print(f"bias: {metrics}")


def find_predictions(frame: Any, asked: argparse.Namespace, groups: list[str]) -> Any:
    """The column of predictions, or what the model of the run says of the rows."""
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    model_folder = PROCESSING / "input/model"
    if asked.prediction:
        check_columns(frame, [asked.prediction])
        return frame[asked.prediction]
    model = load_model(model_folder)
    return pandas.Series(model.predict(features_of(model, frame, [asked.label, *groups])), index=frame.index)


def words(column: Any) -> Any:
    return column.map(word)


def word(value: Any) -> str:
    """A value as text: 1 and 1.0 are one value, and so is what is missing."""
    if value is None:
        return "nan"
    return format(value, "g") if isinstance(value, float) else str(value)


def rates(truth: Any, chosen: Any, groups: Any) -> dict[str, dict[str, float]]:
    found = {}
    for group in sorted(groups.unique()):
        here = groups == group
        found[group] = {
            "rows": int(here.sum()),
            "positives": int((here & truth).sum()),
            "negatives": int((here & ~truth).sum()),
            "selection_rate": share(chosen, here),
            "true_positive_rate": share(chosen, here & truth),
            "false_positive_rate": share(chosen, here & ~truth),
        }
    return found


def share(chosen: Any, among: Any) -> float:
    """Of a group without such rows it is 0, as in fairlearn."""
    return float(chosen[among].mean()) if among.any() else 0.0


def compare(truth: Any, chosen: Any, frame: Any, groups: list[str], by_group: Any) -> tuple[dict[str, Any], str]:
    try:
        from fairlearn import metrics  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return {name: own_measures(by_group[name]) for name in groups}, "the formulas of fairlearn"
    measures = ("demographic_parity", "equalized_odds")
    found = {
        name: {
            f"{measure}_{how}": float(
                getattr(metrics, f"{measure}_{how}")(truth, chosen, sensitive_features=words(frame[name]))
            )
            for measure in measures
            for how in ("difference", "ratio")
        }
        for name in groups
    }
    return found, "fairlearn"


def own_measures(found: dict[str, dict[str, float]]) -> dict[str, float]:
    selection, hits, alarms = ([one[rate] for one in found.values()] for rate in RATES)
    return {
        "demographic_parity_difference": max(selection) - min(selection),
        "demographic_parity_ratio": ratio(selection),
        "equalized_odds_difference": max(max(hits) - min(hits), max(alarms) - min(alarms)),
        "equalized_odds_ratio": min(ratio(hits), ratio(alarms)),
    }


def ratio(values: list[float]) -> float:
    """Groups that are all at 0 are treated alike."""
    return min(values) / max(values) if max(values) > 0 else 1.0


def worst(name: str, values: list[float]) -> float:
    return max(values) if name.endswith("difference") else min(values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_bias")
    parser.add_argument("--label", required=True)
    parser.add_argument("--groups", required=True)
    parser.add_argument("--positive", default="1")
    parser.add_argument("--prediction", default="")
    run(main, parser)
