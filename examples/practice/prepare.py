"""A quarter of the members tests, the others train; as many of both see a doctor often."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

PROCESSING = Path("/opt/ml/processing")


def keep(part: str, members: pd.DataFrame) -> None:
    file = PROCESSING / "output" / part / "members.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    members.to_csv(file, index=False)


table = pd.read_csv(PROCESSING / "input/data/members.csv")
train, test = train_test_split(table, test_size=0.25, random_state=7, stratify=table["often"])
keep("train", train)
keep("test", test)
print(f"prepare: {len(train)} members to train on, {len(test)} to test on")
