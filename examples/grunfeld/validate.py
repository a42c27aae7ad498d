"""Refuse a training set that cannot be learned from: ends with code 1, and names every problem."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

COLUMNS = ("firm", "asked_at", "invest_next", "value", "invest", "capital")
FEWEST_ROWS = 100


def find_problems(table: pd.DataFrame) -> list[str]:
    """Everything that is wrong with the data, in sentences."""
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        return [f"there is no column `{missing[0]}`; columns: {', '.join(table.columns)}"]
    problems = []
    if len(table) < FEWEST_ROWS:
        problems.append(f"{len(table)} rows are too few; {FEWEST_ROWS} are needed")
    unknown = table[list(COLUMNS[3:])].isna().any(axis=1).mean()
    if unknown > 0.1:
        problems.append(f"{unknown:.0%} of the labels have no features: has the pipeline `features` run?")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/data"))
    args = parser.parse_args()

    table = pd.read_csv(args.input / "rows.csv")
    problems = find_problems(table)
    if problems:
        sys.exit("validate: " + "; ".join(problems))
    args.output.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.output / "rows.csv", index=False)
    print(f"validate: {len(table)} labels with features are good")


if __name__ == "__main__":
    main()
