"""Make data/wines.csv and sample.json from the data set that ships inside scikit-learn. No download.

178 wines of one Italian region, 13 chemical measurements each, and which of three cultivars they are: Wine, Aeberhard
and Forina, UCI Machine Learning Repository, 1992, https://doi.org/10.24432/C5PC7J, licence CC BY 4.0.
Both files are committed; this script is how they came about, and running it again changes nothing.

    pip install scikit-learn pandas && python make_data.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_wine

HERE = Path(__file__).parent
SAMPLE_ROWS = (0, 70, 150)
"""A wine of each cultivar."""


def make_table() -> pd.DataFrame:
    data = load_wine(as_frame=True)
    table = data.data.rename(columns=lambda name: name.replace("/", "_"))
    table["cultivar"] = data.target
    return table


def main() -> None:
    table = make_table()
    (HERE / "data").mkdir(exist_ok=True)
    table.to_csv(HERE / "data" / "wines.csv", index=False, lineterminator="\n")
    rows = table.drop(columns="cultivar").iloc[list(SAMPLE_ROWS)].to_dict(orient="records")
    (HERE / "sample.json").write_text(json.dumps({"instances": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
