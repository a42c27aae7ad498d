"""Split the validated patients into train and test, the same way every time. Scaling is the model's own affair."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

LABEL = "malignant"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--train", type=Path, default=Path("/opt/ml/processing/output/train"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/output/test"))
    parser.add_argument("--holdout", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()

    patients = pd.read_csv(args.input / "patients.csv")
    train, test = train_test_split(patients, test_size=args.holdout, random_state=args.seed, stratify=patients[LABEL])
    for folder, part in ((args.train, train), (args.test, test)):
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / "patients.csv", index=False)
    print(f"prepare: {len(train)} rows to train on, {len(test)} to test on")


if __name__ == "__main__":
    main()
