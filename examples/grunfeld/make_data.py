"""Make data/ and sample.json from the Grunfeld data that ships inside statsmodels. No download.

Eleven firms of the United States, 1935 to 1954: gross investment, value of the firm, stock of plant and equipment.
Y. Grunfeld, The Determinants of Corporate Investment, 1958; public domain (statsmodels.datasets.grunfeld).
The years are real, and so are the values. When a value became known is not in the data, so it is said here: the market
knows a firm's value at the end of the year; the books of a year are published at the end of March of the next one.
All files are committed; this script is how they came about, and running it again changes nothing.

    pip install statsmodels && python make_data.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from statsmodels.datasets import grunfeld

HERE = Path(__file__).parent
ASKED = "12-31T12:00:00Z"
"""When somebody asks what a firm will invest in the next year: the market knows its value, the books are not out."""


def make_table() -> pd.DataFrame:
    table = grunfeld.load_pandas().data.sort_values(["firm", "year"], ignore_index=True)
    table["firm"] = table["firm"].str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True).str.strip("-")
    return table.astype({"year": int})[["firm", "year", "invest", "value", "capital"]]


def make_labels(table: pd.DataFrame) -> pd.DataFrame:
    """What a firm invested in the year after it was asked."""
    labels = pd.DataFrame(
        {
            "firm": table["firm"],
            "asked_at": table["year"].astype(str) + f"-{ASKED}",
            "invest_next": table.groupby("firm")["invest"].shift(-1),
        }
    )
    return labels[(table["year"] > table["year"].min()) & labels["invest_next"].notna()]


def main() -> None:
    table = make_table()
    for name, made in (("firms/firms.csv", table), ("labels/labels.csv", make_labels(table))):
        (HERE / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        made.to_csv(HERE / "data" / name, index=False, lineterminator="\n")
    last = table.groupby("firm").tail(1)
    rows = last[last["firm"].isin(["general-motors", "ibm"])][["value", "invest", "capital"]].to_dict(orient="records")
    (HERE / "sample.json").write_text(json.dumps({"instances": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
