"""Completes prompts: ``{"instances": ["json.dumps is a"], "max_bytes": 64}``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from served import MODEL, load_served
from transformer import Transformer

MOST_PROMPTS, MOST_BYTES = 32, 120


def model_fn(folder: str) -> Transformer:
    return load_served(Path(folder, MODEL))


def input_fn(body: str | bytes, content_type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    prompts = found.get("instances")
    if not isinstance(prompts, list) or not all(isinstance(one, str) and one for one in prompts):
        raise ValueError('send {"instances": ["a prompt", …]}')
    if len(prompts) > MOST_PROMPTS:
        raise ValueError(f"{len(prompts)} prompts; at most {MOST_PROMPTS} in a request")
    return found


def predict_fn(asked: dict[str, Any], model: Transformer) -> list[str]:
    most = max(1, min(int(asked.get("max_bytes", MOST_BYTES)), MOST_BYTES))
    return model.generate(asked["instances"], most)


def output_fn(answers: list[str], accept: str) -> str:
    return json.dumps({"predictions": answers})
