"""What both trainings have in common: where the rows are, and where the model goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

TARGET = "progression"


def fit_and_save(model: Any) -> None:
    patients = pd.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"]) / "patients.csv")
    model.fit(patients.drop(columns=TARGET).to_numpy(), patients[TARGET].to_numpy())
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / "model.joblib")
    print(f"train: learned from {len(patients)} patients")
