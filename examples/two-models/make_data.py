"""Make the data of this folder from scikit-learn's own: 442 patients, and how their diabetes went on in a year."""

from __future__ import annotations

import json
from pathlib import Path

from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent


def main() -> None:
    patients = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    patients.to_csv(HERE / "data/diabetes.csv", index=False, lineterminator="\n")
    asked = patients.drop(columns="progression").head(3).to_numpy().tolist()
    (HERE / "sample.json").write_text(json.dumps({"instances": asked}) + "\n")


if __name__ == "__main__":
    main()
