"""Serves a saved scikit-learn or ONNX model when a team has no ``inference.py`` of its own.

The four functions of SageMaker's framework containers. A request is JSON (``{"instances": [row, …]}`` or a list of
rows; a row is a list, or an object by column) or CSV, with or without a header; ``text/csv; header=present`` or
``header=absent`` says which, else the first line tells. The answer is
``{"predictions": […], "probabilities": [[…], …], "classes": […]}``; the last two where the model offers them.
Standard library only (and the model's own packages), Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import io
import json
import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JSON = "application/json"
CSV = "text/csv"
KINDS = (".joblib", ".pkl", ".pickle", ".onnx")


@dataclass(frozen=True)
class Rows:
    """What a request holds: values row by row, and the columns' names when it gives them."""

    values: list[list[Any]]
    columns: list[str] | None = None
    guessed: bool = field(default=False, compare=False)
    """True for a CSV that did not say whether it has a header."""


def model_fn(model_dir: str) -> Any:
    """Load the one model in the folder; ``model.*`` wins when there are several."""
    found = sorted(path for path in Path(model_dir).iterdir() if path.suffix in KINDS)
    named = [path for path in found if path.stem == "model"]
    chosen = named or found
    if len(chosen) != 1:
        names = ", ".join(path.name for path in sorted(Path(model_dir).iterdir())) or "nothing"
        expected = ", ".join("model" + kind for kind in KINDS)
        raise RuntimeError(
            f"expected one model ({expected}) in the model's folder, found: {names}. "
            "Save one of these in SM_MODEL_DIR, or write an inference.py with a model_fn."
        )
    return load(chosen[0])


def load(path: Path) -> Any:
    if path.suffix == ".onnx":
        return OnnxModel(path)
    if path.suffix == ".joblib":
        import joblib  # type: ignore[import-not-found,unused-ignore]

        return joblib.load(path)
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - the team's own model, made by its own training job


def input_fn(body: Any, content_type: str) -> Rows:
    text = body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else str(body)
    text = text[1:] if text.startswith("\ufeff") else text  # the byte order mark that spreadsheets write
    kind, *parameters = [part.strip().lower() for part in (content_type or JSON).split(";")]
    if kind == JSON:
        return parse_json(text)
    if kind == CSV:
        return parse_csv(text, find_header(parameters))
    raise ValueError(f"content type {content_type!r} is not served; it may be {JSON} or {CSV}")


def parse_json(text: str) -> Rows:
    """Rows of a JSON request; raises ValueError that says what was expected."""
    payload = json.loads(text)
    rows = payload.get("instances") if isinstance(payload, dict) else payload
    if not isinstance(rows, list) or not rows:
        raise ValueError('expected {"instances": [row, ...]} or a list of rows, with one row at least')
    if all(isinstance(row, dict) for row in rows):
        columns = list(rows[0])
        for number, row in enumerate(rows, 1):
            if set(row) != set(columns):
                odd = ", ".join(sorted(set(row) ^ set(columns)))
                raise ValueError(f"row {number} has other columns than row 1: {odd}")
        return Rows([[row[column] for column in columns] for row in rows], columns)
    if all(isinstance(row, list) for row in rows):
        return Rows(check_widths(rows))
    if all(isinstance(row, (int, float)) for row in rows):
        return Rows([rows])  # one row, given flat
    raise ValueError("rows must all be lists, or all be objects by column")


def find_header(parameters: list[str]) -> bool | None:
    """What ``header=present`` or ``header=absent`` says (RFC 4180, section 3); None when nothing does."""
    said = [value.strip() for name, _, value in (part.partition("=") for part in parameters) if name == "header"]
    if not said:
        return None
    if said[-1] not in ("present", "absent"):
        raise ValueError(f"header={said[-1]} is not known; it may be present or absent")
    return said[-1] == "present"


def parse_csv(text: str, header: bool | None = None) -> Rows:
    """Rows of a CSV request. When nothing says so, a first line in which nothing is a number is a header."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if not rows:
        raise ValueError("the request is empty; expected one line per row")
    columns, guessed = None, header is None
    if header is None:
        header = not any(isinstance(to_value(cell), float) for cell in rows[0])
    if header:
        columns, rows = [cell.strip() for cell in rows[0]], rows[1:]
        if not rows:
            raise ValueError("the request has a header and no rows")
    values = check_widths([[to_value(cell) for cell in row] for row in rows])
    if columns is not None and len(values[0]) != len(columns):
        raise ValueError(f"the header has {len(columns)} columns and the rows have {len(values[0])}")
    return Rows(values, columns, guessed)


def check_widths(rows: list[list[Any]]) -> list[list[Any]]:
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(f"row {number} has {len(row)} values and row 1 has {len(rows[0])}")
    return rows


def to_value(cell: str) -> float | str | None:
    """A number where it is one, None where there is nothing, text otherwise."""
    cell = cell.strip()
    if not cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def predict_fn(rows: Rows, model: Any) -> dict[str, Any]:
    data = arrange(rows, getattr(model, "feature_names_in_", None), getattr(model, "n_features_in_", None))
    answer: dict[str, Any] = {"predictions": to_plain(model.predict(data))}
    if hasattr(model, "predict_proba"):
        answer["probabilities"] = to_plain(model.predict_proba(data))
        if hasattr(model, "classes_"):
            answer["classes"] = to_plain(model.classes_)
    return answer


def arrange(rows: Rows, names: Sequence[str] | None, count: int | None) -> Any:
    """The rows as the model learned them: its columns in its order. Raises ValueError when they cannot be."""
    width = len(rows.values[0])
    if names is None:
        if count is not None and width != count:
            raise ValueError(f"the model takes {count} columns, the request has {width}")
        return rows.values
    names = [str(name) for name in names]
    rows = find_numbered_header(rows, names)
    if rows.columns is None:
        if width != len(names):
            raise ValueError(f"the model takes {len(names)} columns, the request has {width}: {', '.join(names)}")
        return to_frame(rows.values, names)
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise ValueError(f"the request lacks columns that the model needs: {', '.join(missing)}")
    order = [rows.columns.index(name) for name in names]
    return to_frame([[row[at] for at in order] for row in rows.values], names)


def find_numbered_header(rows: Rows, names: Sequence[str]) -> Rows:
    """Columns named "0", "1", … look like numbers in a CSV: a first row that is exactly the names is a header."""
    first = [format(cell, "g") if isinstance(cell, float) else str(cell) for cell in rows.values[0]]
    if rows.columns is None and rows.guessed and first == list(names) and len(rows.values) > 1:
        return Rows(rows.values[1:], first)
    return rows


def to_frame(values: list[list[Any]], names: list[str]) -> Any:
    """A data frame, because a model that knows column names was trained on one; bare rows where pandas is absent."""
    try:
        import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return values
    return pandas.DataFrame(values, columns=names)


def to_plain(value: Any) -> Any:
    """numpy arrays, and lists of them, as JSON can hold them; what is no number (NaN, Infinity) becomes null."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def output_fn(answer: Any, accept: str) -> tuple[str, str]:
    kinds = [part.split(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    if CSV in kinds and JSON not in kinds:
        return to_csv(answer), CSV
    if not {JSON, "*/*", "application/*"} & set(kinds):
        raise ValueError(f"accept {accept!r} is not offered; it may be {JSON} or {CSV}")
    return json.dumps(answer, allow_nan=False), JSON


def to_csv(answer: dict[str, Any]) -> str:
    """One line per row: the prediction, then the probability of each class."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    chances = answer.get("probabilities") or [[] for _ in answer["predictions"]]
    for prediction, chance in zip(answer["predictions"], chances):  # noqa: B905 - strict= came with Python 3.10
        writer.writerow([*(prediction if isinstance(prediction, list) else [prediction]), *chance])
    return out.getvalue()


class OnnxModel:
    """An ONNX model with the face of a scikit-learn one."""

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise RuntimeError("an ONNX model needs onnxruntime: add it to requirements.txt") from error
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def predict(self, rows: Any) -> Any:
        """The model's first output, for rows given as one matrix of float32."""
        import numpy  # type: ignore[import-not-found,unused-ignore]

        feed = {self.session.get_inputs()[0].name: numpy.asarray(rows, dtype=numpy.float32)}
        return self.session.run(None, feed)[0]
