"""Make vectors of questions: ``{"texts": ["How …?"]}``. The answer says for which version of the documents they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
from embedder import MODEL, VERSION, embed


def model_fn(folder: str) -> dict[str, Any]:
    told = json.loads(Path(folder, VERSION).read_text())
    return {**joblib.load(Path(folder, MODEL)), **told}


def input_fn(body: str, content_type: str) -> list[str]:
    texts = json.loads(body)["texts"]
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise ValueError("`texts` is a list of texts that is not empty")
    return texts


def predict_fn(texts: list[str], model: dict[str, Any]) -> dict[str, Any]:
    return {"vectors": embed(model, texts).round(6).tolist(), "version": model["version"]}


def output_fn(answer: dict[str, Any], accept: str) -> str:
    return json.dumps(answer)
