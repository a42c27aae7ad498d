"""Notebooks as files: what their tagged cells say. Nothing of a notebook is run to read it.

A cell tagged ``parameters`` (papermill's word) assigns what a run may say otherwise; one tagged ``inputs`` the folders
that the notebook reads, one tagged ``outputs`` those that it writes.
https://nbformat.readthedocs.io/en/latest/format_description.html, read 2026-11-30.

This file also travels with a team's code: standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import ast
import io
import json
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

TAGS = ("parameters", "inputs", "outputs")
FORMAT = 4
"""The format of notebooks since 2015; a later one is not known."""
LANGUAGE = "python"
PACKAGES = ("papermill", "ipykernel")
"""What a job needs to execute a notebook."""


class Unreadable(ValueError):
    """A file is no notebook that a job can execute; the message says why, without a full stop."""


class Assigned(NamedTuple):
    """One assignment of a tagged cell."""

    value: Any
    """What its literal says; None where it is no literal."""
    literal: bool
    """Whether the value stands there as it is: text, a number, a truth value, None, a list or a map."""
    comment: str = ""
    """What stands behind it on its line."""


def read(text: str) -> dict[str, Any]:
    """The notebook. Raises Unreadable for what is none, for another format, and for another language than Python."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    if not isinstance(found, dict) or "nbformat" not in found:
        raise Unreadable("it is no notebook: it has no `nbformat`")
    if found["nbformat"] != FORMAT:
        raise Unreadable(
            f"it is of format {found['nbformat']}, and format {FORMAT} is read: open it in JupyterLab and save it"
        )
    if not isinstance(found.get("cells"), list) or not all(_is_cell(cell) for cell in found["cells"]):
        raise Unreadable("it is no notebook: its `cells` are no list of cells")
    if language(found) != LANGUAGE:
        kernel = kernel_of(found)
        raise Unreadable(f"its kernel `{kernel}` is for {language(found)}; jobs have a kernel for Python only")
    return found


def kernel_of(notebook: Mapping[str, Any]) -> str:
    """The kernel it was written with; empty where it does not say."""
    return str(_part(notebook, "kernelspec").get("name", ""))


def language(notebook: Mapping[str, Any]) -> str:
    """What it is written in; Python where it does not say."""
    found = _part(notebook, "language_info").get("name") or _part(notebook, "kernelspec").get("language")
    return str(found or LANGUAGE).lower()


def tagged(notebook: Mapping[str, Any], tag: str) -> int | None:
    """The number of the first code cell with a tag; None where there is none."""
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and tag in (_part(cell, "tags", []) or []):
            return number
    return None


def source(cell: Mapping[str, Any]) -> str:
    """The code of a cell: text, or a list of lines."""
    found = cell.get("source", "")
    return "".join(found) if isinstance(found, list) else str(found)


def assignments(notebook: Mapping[str, Any], tag: str) -> dict[str, Assigned]:
    """What the cell with a tag assigns, in its order; nothing where there is none. Raises Unreadable for a cell that is
    no Python."""
    number = tagged(notebook, tag)
    if number is None:
        return {}
    code = source(notebook["cells"][number])
    try:
        tree, comments = ast.parse(code), dict(_comments(code))
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError) as error:
        raise Unreadable(f"its cell tagged `{tag}` is no Python: {error}") from None
    return {
        name: _assigned(value, comments.get(line, "")) for name, value, line in _assignments(tree) if value is not None
    }


def value_of(text: str, default: Any) -> Any:
    """A value that came as text, as the type of the one that it takes the place of. Raises ValueError."""
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(f"`{text}` is neither true nor false")
        return text.lower() == "true"
    if isinstance(default, int):
        number = int(text) if text.lstrip("+-").isdigit() else float(text)
        return int(number) if float(number).is_integer() else number  # SageMaker Pipelines tells 3 as 3.0
    if isinstance(default, float):
        return float(text)
    if isinstance(default, (list, dict)):
        found = json.loads(text)
        if not isinstance(found, type(default)):
            raise ValueError(f"`{text}` is no {type(default).__name__}")
        return found
    return text


def _assigned(value: ast.expr, comment: str) -> Assigned:
    try:
        return Assigned(ast.literal_eval(value), True, comment)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return Assigned(None, False, comment)


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None, int]]:
    for node in tree.body:
        line = getattr(node, "end_lineno", None) or node.lineno
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value, line) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.value, line


def _comments(code: str) -> Iterator[tuple[int, str]]:
    """Line to what stands behind its code."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
            yield token.start[0], token.string.lstrip("# ").strip()


def _part(of: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Something of the metadata, which editors write as they like."""
    empty: Any = {} if default is None else default
    metadata = of.get("metadata")
    found = metadata.get(name) if isinstance(metadata, dict) else None
    return found if isinstance(found, type(empty)) else empty


def _is_cell(cell: Any) -> bool:
    return isinstance(cell, dict) and isinstance(cell.get("cell_type"), str)
