"""Train the model and save it as model.joblib: a small forest, whose answers take a few milliseconds."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

LABEL = "cultivar"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=50)
    channel = os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train")
    parser.add_argument("--train", type=Path, default=Path(channel))
    parser.add_argument("--model-dir", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    args = parser.parse_args()

    table = pd.read_csv(args.train / "wines.csv")
    model = RandomForestClassifier(n_estimators=args.trees, random_state=5)
    model.fit(table.drop(columns=LABEL), table[LABEL])
    args.model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.model_dir / "model.joblib")
    print(f"train: {len(table)} wines, {args.trees} trees")


if __name__ == "__main__":
    main()
