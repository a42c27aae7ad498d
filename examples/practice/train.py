"""Small trees, boosted; plan and health are words."""

from __future__ import annotations

import os

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

members = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "members.csv"))
words = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan", "health"]), remainder="passthrough")
model = make_pipeline(words, HistGradientBoostingClassifier(max_depth=3, max_iter=80, random_state=7))
model.fit(members.drop(columns="often"), members["often"])
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
print(f"train: {len(members)} members")
