"""Hold the model to years that it has never seen. The gate reads these numbers."""

from __future__ import annotations

import argparse
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.metrics import mean_absolute_error, r2_score

FEATURES, LABEL = ["value", "invest", "capital"], "invest_next"


def read_model(archive: Path) -> Any:
    """The model inside SageMaker's model.tar.gz. One member is read; nothing is unpacked."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if Path(name).name == "model.joblib")
        content = tar.extractfile(name)
        assert content is not None, "a folder named model.joblib"
        return joblib.load(io.BytesIO(content.read()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("/opt/ml/processing/input/model"))
    parser.add_argument("--test", type=Path, default=Path("/opt/ml/processing/input/test"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/evaluation"))
    args = parser.parse_args()

    model, table = read_model(args.model / "model.tar.gz"), pd.read_csv(args.test / "rows.csv")
    guessed = model.predict(table[FEATURES])
    metrics = {
        "r2": round(float(r2_score(table[LABEL], guessed)), 6),
        "error": round(float(mean_absolute_error(table[LABEL], guessed)), 4),
        "rows": len(table),
    }
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "evaluation.json").write_text(json.dumps({"metrics": metrics}) + "\n", encoding="utf-8")
    print("evaluate: " + ", ".join(f"{name} = {value:g}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
