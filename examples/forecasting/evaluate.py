"""The bundle on the days that nobody has seen, beside the forecast that every day is as a week before."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
from model import HOLDOUT, error_of, read_series

PROCESSING = Path("/opt/ml/processing")
WEEK = 7


def main() -> None:
    with tarfile.open(PROCESSING / "input/model/model.tar.gz") as archive:
        bundle = json.load(archive.extractfile("bundle.json"))  # type: ignore[arg-type]
    errors, naive = [], []
    series = read_series(PROCESSING / "input/test")
    for name, model in bundle.items():
        values = series[name]
        errors.append(error_of(model, values, HOLDOUT))
        last, before = np.asarray(values[-HOLDOUT:]), np.asarray(values[-HOLDOUT - WEEK : -WEEK])
        naive.append(float(np.mean(np.abs(last - before)) / np.mean(np.abs(last))))
    metrics = {"error": float(np.mean(errors)), "error_of_last_week": float(np.mean(naive)), "series": len(bundle)}
    metrics["gain"] = 1 - metrics["error"] / metrics["error_of_last_week"]
    folder = PROCESSING / "output/evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps({"metrics": metrics}))
    print(f"evaluate: {metrics}")


if __name__ == "__main__":
    main()
