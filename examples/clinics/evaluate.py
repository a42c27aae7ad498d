"""The area under the curve, by patients that the model did not learn from."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.metrics import roc_auc_score

INPUT, OUTPUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output/evaluation")

with tarfile.open(INPUT / "model/model.tar.gz") as archive:
    model = joblib.load(archive.extractfile("model.joblib"))
patients = pd.read_csv(INPUT / "test/patients.csv")
scores = model.predict_proba(patients.drop(columns="malignant"))[:, 1]
auc = roc_auc_score(patients["malignant"], scores)
OUTPUT.mkdir(parents=True, exist_ok=True)
(OUTPUT / "evaluation.json").write_text(json.dumps({"metrics": {"auc": auc}}))
print(f"evaluate: auc {auc:.4f}")
