"""Check the pairs: two numbers and their sum in each row."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output/data")


def main() -> None:
    pairs = pd.read_csv(INPUT / "pairs.csv")
    if [*pairs.columns] != ["a", "b", "sum"]:
        sys.exit(f"validate: pairs.csv has the columns {', '.join(pairs.columns)}; it must have a, b, sum")
    if not (pairs["a"] + pairs["b"] == pairs["sum"]).all():
        sys.exit("validate: in some row of pairs.csv the sum is not a + b")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    pairs.to_csv(OUTPUT / "pairs.csv", index=False)
    print(f"validate: {len(pairs)} pairs")


if __name__ == "__main__":
    main()
