"""Make the example's data: daily sales of shops. They are invented by this file, from a seed; no shop sold anything.

Each series has a level, a trend, a week and noise of its own, so that the best settings differ from series to series.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
from pathlib import Path


def make_series(number: int, days: int) -> list[float]:
    draw = random.Random(number)
    level, trend, swing = draw.uniform(20, 200), draw.uniform(-0.05, 0.15), draw.uniform(0, 0.5)
    noise, phase = draw.uniform(0.01, 0.15), draw.uniform(0, 7)
    return [
        round((level + trend * day) * (1 + swing * math.sin(2 * math.pi * (day + phase) / 7)) * draw.gauss(1, noise), 2)
        for day in range(days)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=200)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    (args.folder / "data").mkdir(exist_ok=True)
    sales = {f"shop-{number:03}": make_series(number, args.days) for number in range(args.series)}
    with (args.folder / "data" / "sales.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["series", "day", "value"])
        rows.writerows([name, day, value] for name, values in sales.items() for day, value in enumerate(values))
    asked = [{"series": name, "history": values[-21:]} for name, values in [*sales.items()][:3]]
    (args.folder / "sample.json").write_text(json.dumps({"instances": asked}, indent=1) + "\n")


if __name__ == "__main__":
    main()
