"""A file for each series, without the days that the models are measured by; and the list that the map goes over."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

from model import HOLDOUT

DATA, OUTPUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output")


def main() -> None:
    values: dict[str, list[float]] = defaultdict(list)
    with (DATA / "sales.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values[row["series"]].append(float(row["value"]))
    for part, whole in (("train", False), ("test", True)):
        folder = OUTPUT / part
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "items.csv").write_text("series\n" + "".join(f"{name}\n" for name in values))
        for name, each in values.items():
            (folder / f"{name}.json").write_text(json.dumps(each if whole else each[:-HOLDOUT]))
    print(f"prepare: {len(values)} series")


if __name__ == "__main__":
    main()
