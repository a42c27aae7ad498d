"""The model as it is served: linear layers in 8 bits, a quarter of the size, or as they are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch
from served import MODEL, empty
from transformer import load


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=("int8", "float32"), default="int8")
    asked = parser.parse_args()
    merged, target = Path(os.environ["SM_CHANNEL_MERGED"]), Path(os.environ["SM_MODEL_DIR"])
    config, weights = load(merged)
    model = empty(config, "float32")
    model.load_state_dict(weights)
    if asked.precision == "int8":
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    torch.save({"config": vars(config), "precision": asked.precision, "weights": model.state_dict()}, target / MODEL)
    before, after = sum(w.numel() * w.element_size() for w in weights.values()), (target / MODEL).stat().st_size
    print(f"quantise: {before:,} bytes of weights are {after:,} as {asked.precision}")


if __name__ == "__main__":
    main()
