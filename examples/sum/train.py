"""Learn to add from examples: boosted trees, which know nothing beyond the pairs that they have seen."""

from __future__ import annotations

import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor


def main() -> None:
    pairs = pd.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"]) / "pairs.csv")
    model = GradientBoostingRegressor(n_estimators=400, max_depth=4, learning_rate=0.1, random_state=7)
    model.fit(pairs[["a", "b"]].to_numpy(), pairs["sum"].to_numpy())
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / "model.joblib")
    print(f"train: learned from {len(pairs)} pairs")


if __name__ == "__main__":
    main()
