"""What AWS's containers read and write by content type, when a script leaves it to them.

Standard library and the framework's numpy. Beside the model server, and in framework environments for the stand-ins of
AWS's toolkits. Follows github.com/aws/sagemaker-inference-toolkit (decoder.py, encoder.py), read 2026-11-28.
"""

from __future__ import annotations

import io
import json
from typing import Any

CSV, JSON, NPY, LIBSVM = "text/csv", "application/json", "application/x-npy", "text/libsvm"
ANY = "*/*"
UTF8_TYPES = (JSON, CSV)


class Unsupported(Exception):
    """The content type asked for is not one that the default functions know; ``status`` is HTTP's."""

    def __init__(self, content_type: str, status: int = 415) -> None:
        super().__init__(f"Content type {content_type} is not supported by this framework.")
        self.content_type, self.status = content_type, status


def kind_of(content_type: str) -> str:
    """``text/csv; header=present`` is ``text/csv``."""
    return content_type.split(";")[0].strip().lower()


def decode(body: Any, content_type: str) -> Any:
    """A numpy array. Raises Unsupported."""
    import numpy  # type: ignore[import-not-found, unused-ignore]  # the framework's, not ours

    if content_type == NPY:
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    text = body.decode() if isinstance(body, (bytes, bytearray)) else body
    if content_type == CSV:
        return numpy.genfromtxt(io.StringIO(text), delimiter=",")
    if content_type == JSON:
        return numpy.array(json.loads(text))
    raise Unsupported(content_type)


def encode(value: Any, content_type: str) -> Any:
    """Text, or bytes for npy. Raises Unsupported."""
    import numpy  # type: ignore[import-not-found, unused-ignore]  # the framework's, not ours

    if content_type == JSON:
        return json.dumps(value, default=lambda each: each.tolist())
    if content_type == CSV:
        text = io.StringIO()
        numpy.savetxt(text, numpy.asarray(value), delimiter=",", fmt="%s")
        return text.getvalue()
    if content_type == NPY:
        data = io.BytesIO()
        numpy.save(data, numpy.asarray(value))
        return data.getvalue()
    raise Unsupported(content_type, 406)


def to_dmatrix(body: Any, content_type: str) -> Any:
    """What AWS's XGBoost container makes of a request: a DMatrix. Raises Unsupported."""
    import numpy  # type: ignore[import-not-found, unused-ignore]
    import xgboost  # type: ignore[import-not-found, unused-ignore]

    text = body.decode() if isinstance(body, (bytes, bytearray)) else body
    if content_type == CSV:
        rows = [[cell or "nan" for cell in line.split(",")] for line in text.strip().splitlines()]
        return xgboost.DMatrix(numpy.array(rows).astype(float))
    if content_type in (LIBSVM, "text/x-libsvm"):
        return xgboost.DMatrix(read_libsvm(text)[1])
    raise Unsupported(content_type)


def read_libsvm(text: str) -> tuple[list[float], Any]:
    """Labels, and a matrix; positions that start at 1 are moved to 0."""
    import numpy  # type: ignore[import-not-found, unused-ignore]

    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    labels = [float(words[0]) if ":" not in words[0] else 0.0 for words in lines]
    rows = [{int(at): float(value) for at, value in (word.split(":", 1) for word in w if ":" in word)} for w in lines]
    places = [at for row in rows for at in row] or [0]
    first = 1 if min(places) >= 1 else 0
    matrix = numpy.zeros((len(rows), max(places) - first + 1))
    for number, row in enumerate(rows):
        for at, value in row.items():
            matrix[number, at - first] = value
    return labels, matrix
