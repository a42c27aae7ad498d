"""Logistic regression of scaled measurements."""

from __future__ import annotations

import os

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

patients = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "patients.csv"))
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
model.fit(patients.drop(columns="malignant"), patients["malignant"])
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
print(f"train: {len(patients)} patients")
