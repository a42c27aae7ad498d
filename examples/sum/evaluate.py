"""How far off the model is on pairs like those that it learned from: small, whatever it will be asked later."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output/evaluation")


def main() -> None:
    with tarfile.open(INPUT / "model/model.tar.gz") as archive:
        (member,) = [one for one in archive if Path(one.name).name == "model.joblib"]
        content = archive.extractfile(member)
        assert content is not None, "a folder named model.joblib"
        model = joblib.load(io.BytesIO(content.read()))
    pairs = pd.read_csv(INPUT / "test/pairs.csv")
    errors = (model.predict(pairs[["a", "b"]].to_numpy()) - pairs["sum"]).abs()
    metrics = {"worst_error": round(float(errors.max()), 4), "mean_error": round(float(errors.mean()), 4)}
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "evaluation.json").write_text(json.dumps({"metrics": metrics}, indent=2) + "\n")
    print(f"evaluate: {metrics}")


if __name__ == "__main__":
    main()
