"""Make data/ and sample.json from the RAND Health Insurance Experiment's data, which statsmodels holds. No download.

Members of insurance plans in the United States, 1974 to 1982: their plan, their health, how often they saw a doctor in
a year. Public domain (statsmodels.datasets.randhie); A. C. Cameron and P. K. Trivedi, Microeconometrics, 2005.
Members and their values are real. The two faults are not, and are said here. `form`: a new form begins with "limited"
ticked and a coinsurance of 25 %, which nobody corrects, and loses the diseases of members with the individual plan.
`feed`: a feed exchanges two columns.
All files are committed; this script is how they came about, and running it again changes nothing.

    pip install statsmodels && python make_data.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.datasets import randhie

HERE = Path(__file__).parent
LEARNED, ASKED = 5000, 600
"""Members to learn from, and those that are asked about each time."""
LABEL = "often"


def main() -> None:
    members = make_table().sample(frac=1, random_state=7, ignore_index=True)
    write("raw/members.csv", members[:LEARNED])
    usual, form, feed = (members[start : start + ASKED] for start in range(LEARNED, LEARNED + 3 * ASKED, ASKED))
    ask("usual", usual, usual)
    known = form["diseases"].where(form["plan"] != "individual", 0.0)
    ask("form", form.assign(limited=1.0, coinsurance=25.0, diseases=known), form)
    ask("feed", feed.assign(diseases=feed["coinsurance"], coinsurance=feed["diseases"]), feed)
    sample = usual.drop(columns=LABEL).head(3).to_dict("records")
    (HERE / "sample.json").write_text(json.dumps({"instances": sample}, indent=1) + "\n")


def make_table() -> pd.DataFrame:
    """In words and units that a person reads, where the data has logarithms and flags."""
    given = randhie.load_pandas().data
    health = [given["hlthp"] == 1, given["hlthf"] == 1, given["hlthg"] == 1]
    return pd.DataFrame(
        {
            "plan": np.where(given["idp"] == 1, "individual", "family"),
            "coinsurance": np.expm1(given["lncoins"]).round(),
            "incentive": np.exp(given["lpi"]).round(),
            "limited": given["physlm"].round(),
            "diseases": given["disea"].round(1),
            "health": np.select(health, ["poor", "fair", "good"], "excellent"),
            LABEL: (given["mdvis"] >= 2).astype(int),
        }
    )


def ask(name: str, asked: pd.DataFrame, members: pd.DataFrame) -> None:
    """A month's request, and what became known of these members later."""
    write(f"{name}-asked.csv", asked.drop(columns=LABEL))
    write(f"{name}-truth.csv", pd.DataFrame({"inference_id": name, "label": members[LABEL]}))


def write(name: str, table: pd.DataFrame) -> None:
    path = HERE / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


if __name__ == "__main__":
    main()
