"""The model as it is served: what `quantise.py` writes, and `evaluate.py` and `inference.py` read."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import torch
from transformer import Config, Transformer

MODEL = "model.pt"


def empty(config: Config, precision: str) -> Transformer:
    """The model's form, without its weights."""
    model = Transformer(config).eval()
    if precision == "int8":
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    return model


def load_served(file: Path | BinaryIO) -> Transformer:
    found = torch.load(file, map_location="cpu", weights_only=True)
    model = empty(Config(**found["config"]), found["precision"])
    model.load_state_dict(found["weights"])
    return model
