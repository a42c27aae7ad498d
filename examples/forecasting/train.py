"""Keep the best setting of each series, and train it on all of its days: one bundle that knows every series."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from model import fit, read_series


def main() -> None:
    fits, series = Path(os.environ["SM_CHANNEL_FITS"]), Path(os.environ["SM_CHANNEL_TRAIN"])
    best: dict[str, Any] = {}
    count = 0
    for file in sorted(fits.glob("part-*.jsonl")):
        for line in file.read_text().splitlines():
            told = json.loads(line)
            name, result = told["item"]["series"], told["result"]
            count += 1
            if name not in best or result["error"] < best[name]["error"]:
                best[name] = result
    values = read_series(series)
    bundle = {name: fit(values[name], **found["setting"]) for name, found in best.items()}
    Path(os.environ["SM_MODEL_DIR"], "bundle.json").write_text(json.dumps(bundle))
    print(f"train: the best of {count} trainings for each of {len(bundle)} series")


if __name__ == "__main__":
    main()
