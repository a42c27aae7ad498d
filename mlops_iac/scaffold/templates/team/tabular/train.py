"""Train the model and save it as model.joblib. Hyperparameters arrive as arguments, folders as SM_* variables."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "target"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--C", type=float, default=1.0, help="Inverse strength of the regularisation.")
    parser.add_argument(
        "--train", type=Path, default=Path(os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"))
    )
    parser.add_argument("--model-dir", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    args = parser.parse_args()

    table = pd.read_csv(args.train / "table.csv")
    # What is done to a row before the model sees it is part of the model, so that serving cannot forget it.
    model = make_pipeline(StandardScaler(), LogisticRegression(C=args.C))
    model.fit(table.drop(columns=LABEL), table[LABEL])
    args.model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.model_dir / "model.joblib")
    print(f"train: {len(table)} rows, C={args.C:g}")


if __name__ == "__main__":
    main()
