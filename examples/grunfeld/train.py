"""Train the model and save it as model.joblib: what a firm will invest next year."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES, LABEL = ["value", "invest", "capital"], "invest_next"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alpha", type=float, default=1.0)
    channel = os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train")
    parser.add_argument("--train", type=Path, default=Path(channel))
    parser.add_argument("--model-dir", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    args = parser.parse_args()

    table = pd.read_csv(args.train / "rows.csv")
    model = make_pipeline(StandardScaler(), Ridge(alpha=args.alpha))
    model.fit(table[FEATURES], table[LABEL])
    args.model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.model_dir / "model.joblib")
    print(f"train: {len(table)} labels")


if __name__ == "__main__":
    main()
