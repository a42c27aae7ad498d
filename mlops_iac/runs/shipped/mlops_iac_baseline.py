"""Statistics and constraints of a dataset, in the form of SageMaker Model Monitor's own files.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from mlops_iac_tables import PROCESSING, plain, read_table, run  # type: ignore[import-not-found, unused-ignore]

BUCKETS = 10
SAMPLE = 2048
"""Values that a sketch holds: its parameter ``k``."""
MOST_VALUES = 100
"""Distinct texts of a column that is still taken for a category."""


def main(asked: argparse.Namespace) -> None:
    frame = read_table(PROCESSING / "input/data")
    ignored = [name for name in asked.ignore.split(",") if name]
    frame = frame.drop(columns=[name for name in ignored if name in frame.columns])
    folder = PROCESSING / "output/baseline"
    folder.mkdir(parents=True, exist_ok=True)
    columns = {name: frame[name] for name in frame.columns}
    statistics = {
        "version": 0.0,
        "dataset": {"item_count": len(frame)},
        "features": [describe(name, column) for name, column in columns.items()],
    }
    constraints = {
        "version": 0.0,
        "features": [constrain(name, column) for name, column in columns.items()],
        "monitoring_config": MONITORING,
    }
    for file, document in (("statistics.json", statistics), ("constraints.json", constraints)):
        (folder / file).write_text(json.dumps(plain(document), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    print(f"baseline: {len(frame)} rows, {len(columns)} columns")


MONITORING = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    },
}


def kind_of(column: Any) -> str:
    """Model Monitor's word: whole numbers with gaps are read as fractions, and are whole all the same."""
    from pandas.api import types  # type: ignore[import-not-found, import-untyped, unused-ignore]

    there = column.dropna()
    if not len(there):
        return "Unknown"
    if types.is_bool_dtype(there) or not types.is_numeric_dtype(there):
        return "String"
    return "Integral" if (there % 1 == 0).all() else "Fractional"


def describe(name: str, column: Any) -> dict[str, Any]:
    there, kind = column.dropna(), kind_of(column)
    common = {"num_present": len(there), "num_missing": len(column) - len(there)}
    if kind in ("Integral", "Fractional"):
        return {"name": name, "inferred_type": kind, "numerical_statistics": {"common": common, **numbers(there)}}
    texts = there.astype(str)
    counts = texts.value_counts().head(MOST_VALUES)
    found = {
        "common": common,
        "distinct_count": float(texts.nunique()),
        "distribution": {"categorical": {"buckets": [{"value": v, "count": n} for v, n in counts.items()]}},
    }
    return {"name": name, "inferred_type": kind, "string_statistics": found}


def numbers(there: Any) -> dict[str, Any]:
    import numpy  # type: ignore[import-not-found, unused-ignore]

    values = numpy.sort(there.to_numpy(dtype=float))
    counts, edges = numpy.histogram(values, bins=BUCKETS)
    buckets = [
        {"lower_bound": low, "upper_bound": high, "count": float(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts)  # noqa: B905 - strict= came with Python 3.10
    ]
    # All values while they are few; else those at even steps of the order, which is what a sketch stands for.
    kept = values[numpy.linspace(0, len(values) - 1, SAMPLE).astype(int)] if len(values) > SAMPLE else values
    sketch = {"parameters": {"c": 0.64, "k": float(SAMPLE)}, "data": [kept.tolist()]}
    return {
        "mean": values.mean(),
        "sum": values.sum(),
        "std_dev": values.std(),
        "min": values.min(),
        "max": values.max(),
        "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
    }


def constrain(name: str, column: Any) -> dict[str, Any]:
    there, kind = column.dropna(), kind_of(column)
    found: dict[str, Any] = {"name": name, "inferred_type": kind, "completeness": len(there) / len(column)}
    if kind in ("Integral", "Fractional"):
        return {**found, "num_constraints": {"is_non_negative": bool((there >= 0).all())}}
    texts = sorted(there.astype(str).unique())
    return {**found, "string_constraints": {"domains": texts}} if 0 < len(texts) <= MOST_VALUES else found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_baseline")
    parser.add_argument("--ignore", default="")
    run(main, parser)
