"""Keep every fourth pair to test with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output")


def main() -> None:
    pairs = pd.read_csv(INPUT / "pairs.csv")
    test = pairs.index % 4 == 3
    for name, part in (("train", pairs[~test]), ("test", pairs[test])):
        (OUTPUT / name).mkdir(parents=True, exist_ok=True)
        part.to_csv(OUTPUT / name / "pairs.csv", index=False)
    print(f"prepare: {(~test).sum()} pairs to train on, {test.sum()} to test on")


if __name__ == "__main__":
    main()
