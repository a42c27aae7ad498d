"""Answers for each series: ``{"instances": [{"series": "shop-001", "history": [… the last days …]}]}``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model import predict


def model_fn(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "bundle.json").read_text())
    return found


def input_fn(body: str, content_type: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body)["instances"]
    return found


def predict_fn(asked: list[dict[str, Any]], bundle: dict[str, Any]) -> list[float]:
    unknown = sorted({one["series"] for one in asked} - bundle.keys())
    if unknown:
        raise ValueError(f"no model for the series {', '.join(unknown)}")
    return [predict(bundle[one["series"]], one["history"]) for one in asked]


def output_fn(answers: list[float], accept: str) -> str:
    return json.dumps({"predictions": answers})
