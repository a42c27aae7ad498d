"""Compare what the model learned from with a sample of what it is asked, column by column.

The figure is the two-sample Kolmogorov-Smirnov statistic: the largest distance between the two distribution functions,
0 when they are equal, 1 when nothing overlaps (https://www.itl.nist.gov/div898/handbook/eda/section3/eda35g.htm). Each
column alone may look right while the columns together do not, so their difference is compared as well.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output/evaluation")


def ks(first: np.ndarray, second: np.ndarray) -> float:
    points = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


def columns(pairs: pd.DataFrame) -> dict[str, np.ndarray]:
    return {"a": pairs["a"].to_numpy(), "b": pairs["b"].to_numpy(), "a_minus_b": (pairs["a"] - pairs["b"]).to_numpy()}


def main() -> None:
    learned = columns(pd.read_csv(INPUT / "train/pairs.csv"))
    asked = columns(pd.read_csv(INPUT / "serving/asked.csv"))
    found = {name: {"ks": round(ks(learned[name], asked[name]), 4)} for name in learned}
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "evaluation.json").write_text(json.dumps({"columns": found}, indent=2) + "\n")
    for name, figures in found.items():
        print(f"skew: {name} differs by {figures['ks']:g}")


if __name__ == "__main__":
    main()
