"""Split the wines into those to train on and those to test on, the same way every time."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

LABEL = "cultivar"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--train", type=Path, default=Path("/opt/ml/processing/output/train"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/output/test"))
    args = parser.parse_args()

    table = pd.read_csv(args.input / "wines.csv")
    train, test = train_test_split(table, test_size=0.3, random_state=3, stratify=table[LABEL])
    for folder, part in ((args.train, train), (args.test, test)):
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / "wines.csv", index=False)
    print(f"prepare: {len(train)} wines to train on, {len(test)} to test on")


if __name__ == "__main__":
    main()
