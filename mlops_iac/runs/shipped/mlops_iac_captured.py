"""What an endpoint captured, as rows: SageMaker's lines of requests and answers, and what became known of them later.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass
class Request:
    """One request that was answered."""

    id: str
    """The inference id that who asked gave, else SageMaker's event id."""
    time: datetime
    rows: list[dict[str, Any]]
    """Column to value."""
    answer: Any
    """Parsed when it was JSON, lists of cells when it was CSV."""


@dataclass
class Captured:
    """What could be read, and why the rest could not."""

    requests: list[Request] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    """Reason to lines."""


def read_captured(folder: Path, columns: Sequence[str]) -> Captured:
    """All lines below a folder. ``columns`` are the names of what a request without names holds, in order."""
    found = Captured()
    for path in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        for line in path.read_text("utf-8", "replace").splitlines():
            if line.strip():
                try:
                    found.requests.append(read_line(line, columns))
                except (ValueError, LookupError, TypeError, AttributeError) as problem:
                    found.broken[why(problem)] += 1
    return found


def why(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return "is no JSON"
    return str(problem) if isinstance(problem, ValueError) else f"lacks {problem}"


def read_line(line: str, columns: Sequence[str]) -> Request:
    """Raises ValueError, LookupError or TypeError for what is no captured line, or holds no table."""
    event = json.loads(line)
    about, data = event["eventMetadata"], event["captureData"]
    asked, answered = data["endpointInput"], data.get("endpointOutput")
    return Request(
        id=about.get("inferenceId") or about["eventId"],
        time=datetime.fromisoformat(about["inferenceTime"].replace("Z", "+00:00")),
        rows=rows_of(text_of(asked), kind_of(asked), columns),
        answer=answer_of(answered) if answered else None,
    )


def kind_of(data: Mapping[str, Any]) -> str:
    """JSON or CSV, also of what was kept in base64."""
    kind = data.get("observedContentType", "").split(";")[0].strip().lower()
    return {"application/json": "JSON", "text/csv": "CSV"}.get(kind, str(data.get("encoding", "")).upper())


def text_of(data: Mapping[str, Any]) -> str:
    if data.get("encoding") == "BASE64":
        try:
            return base64.b64decode(data["data"]).decode()
        except ValueError:
            raise ValueError("is not text") from None
    return str(data["data"])


def rows_of(text: str, kind: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    if kind == "JSON":
        return named(json.loads(text), columns)
    if kind == "CSV":
        cells = [row for row in csv.reader(io.StringIO(text)) if row]
        if cells and {cell.strip() for cell in cells[0]} & set(columns):
            return [dict(zip([c.strip() for c in cells[0]], map(value_of, row))) for row in cells[1:]]  # noqa: B905
        return named([[value_of(cell) for cell in row] for row in cells], columns)
    raise ValueError("is neither CSV nor JSON")


def named(payload: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the forms that the default ``inference.py`` takes."""
    rows = payload.get("instances", [payload]) if isinstance(payload, dict) else payload
    if not isinstance(rows, list) or not rows:
        raise ValueError("holds no rows")
    if all(isinstance(row, dict) for row in rows):
        return rows
    if all(isinstance(row, (int, float)) for row in rows):
        rows = [rows]
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise ValueError(f"has rows of another length than {len(columns)} columns")
    return [dict(zip(columns, row)) for row in rows]  # noqa: B905


def value_of(cell: str) -> Any:
    """A number where it is one; nothing is missing."""
    if not cell.strip():
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def answer_of(data: Mapping[str, Any]) -> Any:
    """None where it is nothing that could be compared."""
    try:
        text = text_of(data)
        if kind_of(data) == "JSON":
            return json.loads(text)
    except ValueError:
        return None
    return [[value_of(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row]


# What became known later ----------------------------------------------------------------------------------------------


@dataclass
class Truth:
    """What became known, by inference id."""

    labels: dict[str, list[Any]] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)


def read_truth(folder: Path) -> Truth:
    """SageMaker's lines (``groundTruthData``), or CSV with the columns ``inference_id`` and ``label``. A later file, by
    name, wins: what was known wrongly can be put right. An id with several rows has as many labels, in their order."""
    found = Truth()
    files = sorted(folder.rglob("*")) if folder.is_dir() else []
    for path in (path for path in files if path.is_file()):
        text = path.read_text("utf-8", "replace")
        known: dict[str, list[Any]] = {}
        for id, values in lines_of(text, found) if path.suffix in (".json", ".jsonl") else table_of(text, found):
            known.setdefault(id, []).extend(values)
        found.labels.update(known)
    return found


def lines_of(text: str, found: Truth) -> Iterator[tuple[str, list[Any]]]:
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            event = json.loads(line)
            data = event["groundTruthData"]
            values = json.loads(data["data"]) if data.get("encoding") == "JSON" else data["data"].split(",")
            values = values if isinstance(values, list) else [values]
            about = event["eventMetadata"]
            yield str(about.get("inferenceId") or about["eventId"]), [label_of(value) for value in values]
        except (ValueError, LookupError, TypeError, AttributeError) as problem:
            found.broken[why(problem)] += 1


def table_of(text: str, found: Truth) -> Iterator[tuple[str, list[Any]]]:
    for row in csv.DictReader(io.StringIO(text)):
        id, label = row.get("inference_id"), row.get("label")
        if id and label not in (None, ""):
            yield id, [label_of(label)]
        else:
            found.broken["lacks inference_id or label"] += 1


def label_of(value: Any) -> Any:
    return value_of(value) if isinstance(value, str) else value
