"""Fit the embedder to the chunks, and save it as embedder.joblib."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from embedder import fit, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimension", type=int, default=128, help="numbers of a vector, as the index takes them")
    channel = os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train")
    parser.add_argument("--train", type=Path, default=Path(channel))
    parser.add_argument("--model-dir", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    args = parser.parse_args()

    lines = (args.train / "chunks.jsonl").read_text(encoding="utf-8").splitlines()
    try:
        model = fit([json.loads(line)["text"] for line in lines], args.dimension)
    except ValueError as error:  # documents of nothing but stop words, or too few of them
        sys.exit(f"train: the documents hold too little to learn from: {error}")
    save(model, args.model_dir)
    kept = float(model["directions"].explained_variance_ratio_.sum())
    print(f"train: {len(lines)} chunks, {len(model['words'].vocabulary_):,} words, {kept:.0%} of the variance kept")


if __name__ == "__main__":
    main()
