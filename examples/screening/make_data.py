"""Make data/breast_cancer.csv and sample.json from the data set that ships inside scikit-learn. No download.

569 patients, 30 measurements of cell nuclei each, and what the biopsy said: Breast Cancer Wisconsin (Diagnostic),
Wolberg, Mangasarian, Street and Street, UCI Machine Learning Repository, 1995, https://doi.org/10.24432/C5DW2B, licence
CC BY 4.0.
Both files are committed; this script is how they came about, and running it again changes nothing.

    pip install scikit-learn pandas && python make_data.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent
SAMPLE_ROWS = (0, 19, 45, 107, 568)
"""Two malignant and three benign patients of the table."""


def make_table() -> pd.DataFrame:
    """The measurements, and ``malignant``: 1 or 0. scikit-learn counts the other way round (1 is benign)."""
    data = load_breast_cancer(as_frame=True)
    table = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    table["malignant"] = (data.target == 0).astype(int)
    return table


def main() -> None:
    table = make_table()
    (HERE / "data").mkdir(exist_ok=True)
    table.to_csv(HERE / "data" / "breast_cancer.csv", index=False, lineterminator="\n")
    rows = table.drop(columns="malignant").iloc[list(SAMPLE_ROWS)].to_dict(orient="records")
    (HERE / "sample.json").write_text(json.dumps({"instances": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
