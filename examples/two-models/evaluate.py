"""Both models on the same patients: the root mean squared error of each, and what the forest gains."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

INPUT, OUTPUT = Path("/opt/ml/processing/input"), Path("/opt/ml/processing/output/evaluation")
TARGET = "progression"


def read_model(folder: Path) -> Any:
    with tarfile.open(folder / "model.tar.gz") as archive:
        (member,) = [one for one in archive if Path(one.name).name == "model.joblib"]
        content = archive.extractfile(member)
        assert content is not None, "a folder named model.joblib"
        return joblib.load(io.BytesIO(content.read()))


def main() -> None:
    patients = pd.read_csv(INPUT / "test/patients.csv")
    rows, truth = patients.drop(columns=TARGET).to_numpy(), patients[TARGET].to_numpy()
    errors = {
        name: float(np.sqrt(np.mean((read_model(INPUT / name).predict(rows) - truth) ** 2)))
        for name in ("linear", "forest")
    }
    metrics = {
        "linear_error": round(errors["linear"], 4),
        "forest_error": round(errors["forest"], 4),
        "best_error": round(min(errors.values()), 4),
        "gain": round(1 - errors["forest"] / errors["linear"], 4),
    }
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "evaluation.json").write_text(json.dumps({"metrics": metrics}, indent=2) + "\n")
    print(f"evaluate: {metrics}")


if __name__ == "__main__":
    main()
