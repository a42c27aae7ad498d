"""Split by time: the first years to train on, the last to test on, as the model will be asked of years to come."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

TEST_SINCE = "1949"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--train", type=Path, default=Path("/opt/ml/processing/output/train"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/output/test"))
    args = parser.parse_args()

    table = pd.read_csv(args.input / "rows.csv").dropna()
    late = table["asked_at"] >= TEST_SINCE
    for folder, part in ((args.train, table[~late]), (args.test, table[late])):
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / "rows.csv", index=False)
    print(f"prepare: {(~late).sum()} labels to train on, {late.sum()} to test on")


if __name__ == "__main__":
    main()
