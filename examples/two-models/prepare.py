"""Split the patients into train and test, the same way every time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output")


def main() -> None:
    patients = pd.read_csv(INPUT / "diabetes.csv")
    test = patients.index % 4 == 3
    for name, part in (("train", patients[~test]), ("test", patients[test])):
        (OUTPUT / name).mkdir(parents=True, exist_ok=True)
        part.to_csv(OUTPUT / name / "patients.csv", index=False)
    print(f"prepare: {(~test).sum()} patients to train on, {test.sum()} to test on")


if __name__ == "__main__":
    main()
