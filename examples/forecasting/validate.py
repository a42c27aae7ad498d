"""Every series must be whole: no gap, no text, days enough to train on and to measure."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from pathlib import Path

from model import HOLDOUT, LAGS

DATA, OUT = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output/data")
LEAST = 2 * HOLDOUT + 2 * max(LAGS)


def main() -> None:
    days: dict[str, list[int]] = defaultdict(list)
    with (DATA / "sales.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            days[row["series"]].append(int(row["day"]))
            float(row["value"])
    for name, found in days.items():
        if len(found) != len(days[next(iter(days))]):
            raise SystemExit(f"validate: `{name}` has {len(found)} days; all series must have as many")
        if found != [*range(len(found))] or len(found) < LEAST:
            raise SystemExit(f"validate: `{name}` has {len(found)} days; {LEAST} in a row are needed")
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / "sales.csv", OUT)
    print(f"validate: {len(days)} series are whole")


if __name__ == "__main__":
    main()
