"""Split the table into one to train on and one to test on, the same way every time."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

LABEL = "target"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--train", type=Path, default=Path("/opt/ml/processing/output/train"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/output/test"))
    args = parser.parse_args()

    table = pd.read_csv(args.input / "table.csv")
    train, test = train_test_split(table, test_size=0.25, random_state=1, stratify=table[LABEL])
    for folder, part in ((args.train, train), (args.test, test)):
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / "table.csv", index=False)
    print(f"prepare: {len(train)} rows to train on, {len(test)} to test on")


if __name__ == "__main__":
    main()
