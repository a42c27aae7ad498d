"""All series in one file, without the days that the models are measured by; and the list that the map goes over.

One file and not one for each series, because every job of the map fetches it whole.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from model import HOLDOUT, ITEMS, SERIES

DATA, OUTPUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output")


def main() -> None:
    values: dict[str, list[float]] = defaultdict(list)
    with (DATA / "sales.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values[row["series"]].append(float(row["value"]))
    table = np.array([*values.values()])
    for part, days in (("train", table[:, :-HOLDOUT]), ("test", table)):
        folder = OUTPUT / part
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ITEMS).write_text("series,row\n" + "".join(f"{name},{row}\n" for row, name in enumerate(values)))
        np.save(folder / SERIES, np.ascontiguousarray(days))
    print(f"prepare: {len(values)} series")


if __name__ == "__main__":
    main()
