"""Refuse bad data before anything is trained on it.

Reads every CSV file under --input, checks it, and writes the one table that the other steps read, with a report, to
--output. Ends with code 1, and names every problem, when the data is not what this team trains on.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

LABEL = "malignant"
MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
)
FEATURES = tuple([f"mean_{m}" for m in MEASURES] + [f"{m}_error" for m in MEASURES] + [f"worst_{m}" for m in MEASURES])

LARGEST = 10_000.0
"""No measurement of a cell nucleus, in pixels, comes near this; the largest on record is a worst_area of 4,254."""

FEWEST_ROWS = 100
LEAST_SHARE = 0.1
"""Each of the two labels must be at least this share of the rows."""


def read_tables(folder: Path) -> pd.DataFrame:
    """All CSV files of a folder as one table; ends the program when there are none, or one cannot be read."""
    files = sorted(folder.rglob("*.csv"))
    if not files:
        sys.exit(f"validate: there is no .csv file under {folder}. Put some there with `mlops-iac data put`.")
    tables = []
    for file in files:
        try:
            tables.append(pd.read_csv(file))
        except (ValueError, UnicodeDecodeError) as error:
            sys.exit(f"validate: {file.relative_to(folder)} cannot be read as CSV: {error}")
    return pd.concat(tables, ignore_index=True)


def find_problems(table: pd.DataFrame) -> list[str]:
    """Everything that is wrong with a table, in sentences. Without the right columns nothing else can be said."""
    problems = check_columns(table)
    if problems or table.empty:
        return [*problems, *check_size(table)]
    return [*check_values(table), *check_label(table), *check_size(table)]


def check_columns(table: pd.DataFrame) -> list[str]:
    expected = {*FEATURES, LABEL}
    missing = sorted(expected - set(table.columns))
    unknown = sorted(set(table.columns) - expected)
    problems = []
    if missing:
        problems.append(f"columns are missing: {', '.join(missing)}")
    if unknown:
        problems.append(f"columns are not known: {', '.join(unknown)}")
    return problems


def check_values(table: pd.DataFrame) -> list[str]:
    problems = []
    for column in FEATURES:
        values = pd.to_numeric(table[column], errors="coerce")
        absent = int(values.isna().sum())
        outside = int(((values < 0) | (values > LARGEST)).sum())
        if absent:
            problems.append(f"{column}: {absent} values are missing or not numbers")
        if outside:
            problems.append(f"{column}: {outside} values are outside 0 to {LARGEST:g}")
    duplicates = int(table.duplicated().sum())
    if duplicates:
        problems.append(f"{duplicates} rows are there twice; a patient in both train and test spoils every figure")
    return problems


def check_label(table: pd.DataFrame) -> list[str]:
    found = set(table[LABEL].unique().tolist())
    if not found <= {0, 1}:
        return [f"{LABEL}: values are {sorted(map(str, found))[:10]}; they may be 0 and 1"]
    share = table[LABEL].mean()
    if not LEAST_SHARE <= share <= 1 - LEAST_SHARE:
        return [f"{LABEL}: {share:.1%} of the rows are malignant; {LEAST_SHARE:.0%} to {1 - LEAST_SHARE:.0%} is usable"]
    return []


def check_size(table: pd.DataFrame) -> list[str]:
    return [f"there are {len(table)} rows; at least {FEWEST_ROWS} are needed"] if len(table) < FEWEST_ROWS else []


def write_report(folder: Path, table: pd.DataFrame, problems: list[str]) -> None:
    """validation.json for machines, validation.md for people."""
    folder.mkdir(parents=True, exist_ok=True)
    report = {"rows": len(table), "columns": len(table.columns), "problems": problems}
    (folder / "validation.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(float)
    summary = numbers.describe().T[["count", "min", "mean", "max"]].to_markdown(floatfmt=".4g")
    found = "\n".join(f"- {problem}" for problem in problems) or "No problems."
    text = f"# Validation\n\n{len(table)} rows.\n\n{found}\n\n{summary}\n"
    (folder / "validation.md").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/data"))
    args = parser.parse_args()

    table = read_tables(args.input)
    problems = find_problems(table)
    write_report(args.output, table, problems)
    if problems:
        sys.exit("validate: this data is refused.\n" + "\n".join(f"  - {problem}" for problem in problems))
    table[[*FEATURES, LABEL]].to_csv(args.output / "patients.csv", index=False)
    print(f"validate: {len(table)} rows are good, {table[LABEL].mean():.1%} of them malignant")


if __name__ == "__main__":
    main()
