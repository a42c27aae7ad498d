"""Hold the trained model to patients it has never seen. The gate reads one of these figures, people read all."""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.metrics import accuracy_score, brier_score_loss, precision_score, recall_score, roc_auc_score

LABEL = "malignant"


def read_model(folder: Path) -> Any:
    """The model inside SageMaker's model.tar.gz. One member is read; nothing is unpacked."""
    archive = folder / "model.tar.gz"
    if not archive.is_file():
        sys.exit(f"evaluate: there is no model.tar.gz in {folder}")
    with tarfile.open(archive) as tar:
        members = [member for member in tar if Path(member.name).name == "model.joblib"]
        if not members:
            sys.exit(f"evaluate: {archive} holds no model.joblib; train.py has to save one in SM_MODEL_DIR")
        content = tar.extractfile(members[0])
        assert content is not None, "a folder named model.joblib"
        return joblib.load(io.BytesIO(content.read()))


def measure(model: Any, table: pd.DataFrame) -> dict[str, float]:
    features, label = table.drop(columns=LABEL), table[LABEL]
    chance = model.predict_proba(features)[:, 1]
    decided = (chance >= 0.5).astype(int)
    figures = {
        "auc": roc_auc_score(label, chance),
        "accuracy": accuracy_score(label, decided),
        "recall": recall_score(label, decided),
        "precision": precision_score(label, decided, zero_division=0),
        "brier": brier_score_loss(label, chance),
        "rows": len(table),
    }
    return {name: round(float(value), 6) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    args = parser.parse_args()

    metrics = measure(read_model(args.model), pd.read_csv(args.test / "patients.csv"))
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "evaluation.json").write_text(json.dumps({"metrics": metrics}, indent=2) + "\n", encoding="utf-8")
    print("evaluate: " + ", ".join(f"{name} = {value:g}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
