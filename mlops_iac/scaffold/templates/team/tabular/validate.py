"""Refuse bad data before anything is trained on it. Your rules belong into `find_problems`.

Reads every CSV file under --input and writes one table to --output. Ends with code 1, and names every problem, when the
data is not what this team trains on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

LABEL = "target"
"""The column to predict: 0 or 1."""

FEWEST_ROWS = 50


def find_problems(table: pd.DataFrame) -> list[str]:
    """Everything that is wrong with the data, in sentences."""
    if LABEL not in table.columns:
        return [f"there is no column `{LABEL}`; columns: {', '.join(table.columns)}"]
    problems = []
    if len(table) < FEWEST_ROWS:
        problems.append(f"{len(table)} rows are too few; {FEWEST_ROWS} are needed")
    if not set(table[LABEL].unique()) <= {0, 1}:
        problems.append(f"`{LABEL}` must be 0 or 1")
    empty = table.isna().sum()
    problems += [f"`{column}` is empty in {count} rows" for column, count in empty[empty > 0].items()]
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/data"))
    args = parser.parse_args()

    files = sorted(args.input.rglob("*.csv"))
    if not files:
        sys.exit(f"validate: there is no .csv file under {args.input}. Put some there with `mlops-iac data put`.")
    table = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    problems = find_problems(table)
    if problems:
        sys.exit("validate: " + "; ".join(problems))
    args.output.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.output / "table.csv", index=False)
    print(f"validate: {len(table)} rows are good")


if __name__ == "__main__":
    main()
