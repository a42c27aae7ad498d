"""What makes a vector of a text: words weighed by how rare they are, and the directions in which texts differ most."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

MODEL, VERSION = "embedder.joblib", "version.json"


def fit(texts: Sequence[str], dimension: int) -> dict[str, Any]:
    words = TfidfVectorizer(stop_words="english", sublinear_tf=True, ngram_range=(1, 2), strip_accents="unicode")
    counted = words.fit_transform(texts)
    directions = TruncatedSVD(min(dimension, *counted.shape), algorithm="randomized", random_state=7)
    directions.fit(counted)
    return {"words": words, "directions": directions, "dimension": dimension}


def embed(model: dict[str, Any], texts: Sequence[str]) -> np.ndarray:
    """A row for each text, of length one; of zeros for a text without a known word."""
    found = normalize(model["directions"].transform(model["words"].transform(texts)))
    return np.pad(found, ((0, 0), (0, model["dimension"] - found.shape[1])))


def save(model: dict[str, Any], folder: Path) -> None:
    """With the run's id: the vectors of this run's documents are the version by which questions are answered."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / MODEL)
    (folder / VERSION).write_text(json.dumps({"version": os.environ.get("MLOPS_IAC_RUN", "local")}))
