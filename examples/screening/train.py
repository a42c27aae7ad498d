"""Train a classifier of biopsies: scaled measurements, logistic regression. Saves model.joblib.

Hyperparameters arrive as arguments, folders as SM_* variables: SageMaker's script contract.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "malignant"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    # SageMaker gives a hyperparameter of one letter one hyphen.
    parser.add_argument("-C", "--C", type=float, default=1.0, help="Inverse strength of the regularisation.")
    parser.add_argument("--columns", default="all", help="Measurements to learn from, comma-separated.")
    channel = os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train")
    parser.add_argument("--train", type=Path, default=Path(channel))
    parser.add_argument("--model-dir", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    return parser.parse_args()


def choose_columns(wanted: str, table: pd.DataFrame) -> list[str]:
    """The measurements to learn from; ends the program when one of them is not in the table."""
    known = [column for column in table.columns if column != LABEL]
    chosen = known if wanted == "all" else [column.strip() for column in wanted.split(",")]
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        sys.exit(f"train: --columns names {', '.join(unknown)}; known are: {', '.join(known)}")
    return chosen


def make_model(columns: list[str], args: argparse.Namespace) -> Pipeline:
    """Scaling is part of the model, so that serving cannot forget it."""
    scale = make_column_transformer((StandardScaler(), columns), remainder="drop")
    return make_pipeline(scale, LogisticRegression(C=args.C, max_iter=1000))


def main() -> None:
    args = parse_arguments()
    table = pd.read_csv(args.train / "patients.csv")
    columns = choose_columns(args.columns, table)
    features, label = table.drop(columns=LABEL), table[LABEL]

    model = make_model(columns, args)
    folds = cross_val_score(model, features, label, cv=5, scoring="roc_auc")
    print(f"train: {len(table)} rows, {len(columns)} columns, C={args.C:g}")
    print(f"train: cross-validated auc = {folds.mean():.4f} +- {folds.std():.4f}")
    model.fit(features, label)

    args.model_dir.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.model_dir / "model.joblib")


if __name__ == "__main__":
    main()
