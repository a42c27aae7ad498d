"""Refuse bad data before anything is trained on it: ends with code 1, and names every problem."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

LABEL = "cultivar"
LABELS = {0, 1, 2}
FEWEST_ROWS = 90


def find_problems(table: pd.DataFrame) -> list[str]:
    """Everything that is wrong with the data, in sentences."""
    if LABEL not in table.columns:
        return [f"there is no column `{LABEL}`; columns: {', '.join(table.columns)}"]
    problems = []
    if len(table) < FEWEST_ROWS:
        problems.append(f"{len(table)} rows are too few; {FEWEST_ROWS} are needed")
    if set(table[LABEL].unique()) != LABELS:
        problems.append(f"`{LABEL}` is one of {sorted(LABELS)}, and each of them has to be there")
    measured = table.drop(columns=LABEL).apply(pd.to_numeric, errors="coerce")
    wrong = (measured.isna() | (measured < 0)).sum()
    problems += [
        f"`{column}` is empty, no number or negative in {count} rows" for column, count in wrong.items() if count
    ]
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
    table.to_csv(args.output / "wines.csv", index=False)
    print(f"validate: {len(table)} wines are good")


if __name__ == "__main__":
    main()
