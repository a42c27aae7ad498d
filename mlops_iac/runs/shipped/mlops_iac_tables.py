"""Tables in, a page out: what the shipped scripts have in common."""

from __future__ import annotations

import argparse
import html
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PROCESSING = Path("/opt/ml/processing")


class Unusable(Exception):
    """The data or the model cannot be used so; the message is for the team."""


def read_table(folder: Path) -> Any:
    """All files of a folder as one data frame: CSV with a header, JSON lines, Parquet."""
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    readers = {
        ".csv": pandas.read_csv,
        ".json": lambda path: pandas.read_json(path, lines=True),
        ".jsonl": lambda path: pandas.read_json(path, lines=True),
        ".parquet": pandas.read_parquet,
    }
    files = sorted(path for path in folder.rglob("*") if path.suffix in readers)
    if not files:
        raise Unusable(f"there is no table in {folder}: expected files that end in {', '.join(readers)}")
    frame = pandas.concat([readers[path.suffix](path) for path in files], ignore_index=True)
    if frame.empty:
        raise Unusable("the data has no rows")
    frame.columns = [str(name) for name in frame.columns]
    return frame


def check_columns(frame: Any, wanted: Iterable[str]) -> None:
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise Unusable(f"the data has no column {', '.join(missing)}; it has: {', '.join(frame.columns)}")


def load_model(folder: Path) -> Any:
    """The model of a training step, loaded by the ``model_fn`` that serves it."""
    import tarfile

    import inference  # type: ignore[import-not-found, unused-ignore]  # the team's, or the default one: it travels

    archive, place = folder / "model.tar.gz", Path("/tmp/mlops-iac-model")  # noqa: S108 - the job's own machine
    with tarfile.open(archive) as tar:
        safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(place, **safely)  # noqa: S202
    if not hasattr(inference, "model_fn"):
        raise Unusable("inference.py has no model_fn")
    model = inference.model_fn(str(place))
    if not hasattr(model, "predict"):
        raise Unusable(f"what model_fn answers, a {type(model).__name__}, has no `predict`: bring a script of your own")
    return model


def features_of(model: Any, frame: Any, without: Sequence[str]) -> Any:
    """The columns that the model learned, where it says so; else all but those named."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return frame.drop(columns=[name for name in without if name in frame.columns])
    check_columns(frame, map(str, names))
    return frame[[str(name) for name in names]]


def write_report(folder: Path, report: dict[str, Any], evaluation: dict[str, Any], page: str) -> None:
    """``report.json`` with everything, ``evaluation.json`` with what a gate reads, ``report.html`` for people."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in (("report.json", report), ("evaluation.json", evaluation)):
        (folder / name).write_text(json.dumps(plain(document), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")


def plain(value: Any) -> Any:
    """Numbers as JSON has them; what is no number is null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #d8dee4}td.bar{width:40%}td.bar span{display:block;height:.8rem;background:#4878a8}"
)


def make_page(title: str, note: str, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]) -> str:
    """One page without scripts: a heading, a note, and tables whose last column is drawn as a bar, 0 to 1."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>",
        f"<h1>{html.escape(title)}</h1><p>{html.escape(note)}</p>",
    ]
    for heading, names, rows in tables:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in (*names, ""))
        body = "".join(f"<tr>{''.join(map(_cell, row))}{_bar(row[-1])}</tr>" for row in rows)
        parts.append(f"<h2>{html.escape(heading)}</h2><table><tr>{head}</tr>{body}</table>")
    return "".join(parts) + "\n"


def _cell(value: Any) -> str:
    value = plain(value)
    return f"<td>{html.escape(f'{value:.4g}' if isinstance(value, float) else str(value))}</td>"


def _bar(value: Any) -> str:
    value = plain(value)
    share = min(max(value, 0), 1) * 100 if isinstance(value, (int, float)) else 0
    return f'<td class=bar><span style="width:{share:.1f}%"></span></td>'


def run(main: Any, parser: argparse.ArgumentParser) -> None:
    """A script's main with its arguments; what is unusable ends it in one line."""
    try:
        main(parser.parse_args())
    except Unusable as problem:
        sys.exit(f"{parser.prog}: {problem}")
