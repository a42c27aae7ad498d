"""A quarter of the patients tests, the others train."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

patients = pd.read_csv("/opt/ml/processing/input/data/patients.csv")
parts = train_test_split(patients, test_size=0.25, random_state=7, stratify=patients["malignant"])
for name, part in zip(("train", "test"), parts, strict=True):
    folder = Path("/opt/ml/processing/output", name)
    folder.mkdir(parents=True, exist_ok=True)
    part.to_csv(folder / "patients.csv", index=False)
