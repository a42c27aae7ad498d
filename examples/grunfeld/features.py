"""Make features of the raw tables: a CSV for each group, a row for each firm and the time its values became known."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd


def make_groups(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    market, books = table[["firm", "value"]].copy(), table[["firm", "invest", "capital", "year"]].copy()
    market.insert(1, "known_at", table["year"].astype(str) + "-12-31T00:00:00Z")
    books.insert(1, "published_at", (table["year"] + 1).astype(str) + "-03-31T00:00:00Z")
    return {"market": market, "books": books}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/rows"))
    args = parser.parse_args()

    table = pd.concat([pd.read_csv(file) for file in sorted((args.input / "firms").glob("*.csv"))], ignore_index=True)
    args.output.mkdir(parents=True, exist_ok=True)
    for name, rows in make_groups(table).items():
        rows.to_csv(args.output / f"{name}.csv", index=False)
        print(f"features: {len(rows)} rows of {name}")


if __name__ == "__main__":
    main()
