"""How far the data that a model learned from is from a sample of what it is asked, column by column.

Numbers: the two-sample Kolmogorov-Smirnov statistic, the largest distance between the two distribution functions
(https://www.itl.nist.gov/div898/handbook/eda/section3/eda35g.htm). Anything else: half the sum of the differences of
the shares that each value has.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from mlops_iac_tables import (  # type: ignore[import-not-found, unused-ignore]
    PROCESSING,
    Unusable,
    check_columns,
    make_page,
    read_table,
    run,
    write_report,
)


def main(asked: argparse.Namespace) -> None:
    learned, serving = read_table(PROCESSING / "input/train"), read_table(PROCESSING / "input/serving")
    ignored = set(json.loads(asked.ignore or "[]"))
    for name, pair in json.loads(asked.differences or "{}").items():
        for frame in (learned, serving):
            check_columns(frame, pair)
            frame[name] = numbers(frame, pair[0]) - numbers(frame, pair[1])
    names = [name for name in learned.columns if name in serving.columns and name not in ignored]
    if not names:
        raise Unusable("the two have no column in common")
    found = {name: compare(learned[name], serving[name]) for name in names}
    worst = max(found, key=lambda name: float(found[name]["distance"]))
    rows = sorted(
        ([name, one["by"], one["missing"], one["distance"]] for name, one in found.items()), key=lambda row: -row[3]
    )
    table = ("Columns", ("column", "by", "missing, more or less", "distance"), rows)
    note = f"{len(learned)} rows that the model learned from, {len(serving)} that it is asked."
    report = {"rows": {"train": len(learned), "serving": len(serving)}, "columns": found}
    evaluation = {
        "metrics": {"skew": found[worst]["distance"]},
        "columns": {name: {"distance": one["distance"]} for name, one in found.items()},
    }
    write_report(PROCESSING / "output/report", report, evaluation, make_page("Training and serving", note, [table]))
    print(f"skew: {found[worst]['distance']:.3f}, by column {worst}; {len(names)} columns")


def numbers(frame: Any, name: str) -> Any:
    from pandas.api import types  # type: ignore[import-not-found, import-untyped, unused-ignore]

    if not types.is_numeric_dtype(frame[name]):
        raise Unusable(f"column {name} holds no numbers, so it has no difference")
    return frame[name]


def compare(learned: Any, serving: Any) -> dict[str, Any]:
    """``distance``, ``by`` what, and how much larger the share of missing values is in what is asked."""
    from pandas.api import types

    missing = float(serving.isna().mean() - learned.isna().mean())
    a, b = learned.dropna(), serving.dropna()
    numeric = all(types.is_numeric_dtype(one) and not types.is_bool_dtype(one) for one in (a, b))
    if not len(a) or not len(b):
        distance = 0.0 if len(a) == len(b) else 1.0
    else:
        distance = ks(a, b) if numeric else variation(a, b)
    by = "Kolmogorov-Smirnov" if numeric else "total variation"
    return {"distance": max(distance, abs(missing)), "by": by, "missing": missing}


def ks(a: Any, b: Any) -> float:
    import numpy  # type: ignore[import-not-found, unused-ignore]

    first, second = numpy.sort(a.to_numpy(dtype=float)), numpy.sort(b.to_numpy(dtype=float))
    points = numpy.concatenate([first, second])
    below = [numpy.searchsorted(sample, points, side="right") / len(sample) for sample in (first, second)]
    return float(numpy.abs(below[0] - below[1]).max())


def variation(a: Any, b: Any) -> float:
    shares = [one.astype(str).value_counts(normalize=True) for one in (a, b)]
    return float(shares[0].sub(shares[1], fill_value=0.0).abs().sum() / 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_skew")
    parser.add_argument("--ignore", default="")
    parser.add_argument("--differences", default="")
    run(main, parser)
