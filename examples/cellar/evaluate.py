"""Hold the model to wines that it has never seen, and time its answers. The gate reads these numbers."""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

LABEL = "cultivar"


def read_model(archive: Path) -> Any:
    """The model inside SageMaker's model.tar.gz. One member is read; nothing is unpacked."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if Path(name).name == "model.joblib")
        content = tar.extractfile(name)
        assert content is not None, "a folder named model.joblib"
        return joblib.load(io.BytesIO(content.read()))


def time_answers(model: Any, features: pd.DataFrame) -> float:
    """Milliseconds of the slowest answer but one in twenty, one wine a time, as the endpoint is asked."""
    taken = []
    for row in range(len(features)):
        before = time.perf_counter()
        model.predict(features.iloc[[row]])
        taken.append(1000 * (time.perf_counter() - before))
    return sorted(taken)[int(0.95 * len(taken))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    args = parser.parse_args()

    model, table = read_model(args.model / "model.tar.gz"), pd.read_csv(args.test / "wines.csv")
    features, truth = table.drop(columns=LABEL), table[LABEL]
    guessed = model.predict(features)
    metrics = {
        "accuracy": round(float(accuracy_score(truth, guessed)), 6),
        "f1_macro": round(float(f1_score(truth, guessed, average="macro")), 6),
        "rows": len(table),
        "slow_ms": round(time_answers(model, features), 1),
    }
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "evaluation.json").write_text(json.dumps({"metrics": metrics}) + "\n", encoding="utf-8")
    print("evaluate: " + ", ".join(f"{name} = {value:g}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
