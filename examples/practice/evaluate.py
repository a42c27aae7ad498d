"""The area under the curve, by members that the model did not learn from: of all, and of each plan."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.metrics import roc_auc_score

PROCESSING = Path("/opt/ml/processing")


def main() -> None:
    members = pd.read_csv(PROCESSING / "input/test/members.csv")
    with tarfile.open(PROCESSING / "input/model/model.tar.gz") as archive:
        model = joblib.load(archive.extractfile("model.joblib"))
    members["score"] = model.predict_proba(members.drop(columns="often"))[:, 1]
    found = {"metrics": {"auc": area(members)}, "by_plan": {plan: area(one) for plan, one in members.groupby("plan")}}
    report = PROCESSING / "output/evaluation/evaluation.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(found))
    print(f"evaluate: {found}")


def area(members: pd.DataFrame) -> float:
    return float(roc_auc_score(members["often"], members["score"]))


if __name__ == "__main__":
    main()
