"""Puts the members of all files together, and refuses what cannot be right."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

DATA, CHECKED = Path("/opt/ml/processing/input/data"), Path("/opt/ml/processing/output/data")

members = pd.concat(map(pd.read_csv, sorted(DATA.rglob("*.csv"))), ignore_index=True)
if members.isna().any(axis=None):
    sys.exit("validate: there are members with a value missing")
if odd := sorted(set(members["plan"]) - {"family", "individual"}):
    sys.exit(f"validate: there is no plan {', '.join(odd)}")
if not members["coinsurance"].between(0, 100).all():
    sys.exit("validate: coinsurance is a share, 0 to 100")
CHECKED.mkdir(parents=True, exist_ok=True)
members.to_csv(CHECKED / "members.csv", index=False)
print(f"validate: {len(members)} members")
