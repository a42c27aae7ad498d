"""One training of the map: one series with one setting, measured by its own last days."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
from model import HOLDOUT, SERIES, SETTINGS, error_of, fit

FOLDER = Path("/opt/ml/processing/input/series")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", required=True)
    parser.add_argument("--row", type=int, required=True)
    parser.add_argument("--index", type=int, required=True)
    args = parser.parse_args()
    values, setting = np.load(FOLDER / SERIES, mmap_mode="r")[args.row], SETTINGS[args.index]
    error = error_of(fit(values[:-HOLDOUT], **setting), values, HOLDOUT)
    with open(os.environ["MLOPS_IAC_RESULT"], "w") as file:
        json.dump({"error": error, "setting": setting}, file)


if __name__ == "__main__":
    main()
