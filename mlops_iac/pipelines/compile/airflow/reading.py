"""A deployed DAG file, read task by task; nothing in it is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.syntax_trees import parse
from mlops_iac.pipelines.compile.airflow.document import step_of


def parts_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The tasks of each step, by the step's name; ``inputs`` are those of the object that is the file."""
    parts: dict[str, Any] = {}
    for name, task in _tasks(inputs.get("content")):
        parts.setdefault(step_of(name), {})[name] = task
    return parts


def _tasks(source: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        tree = parse(source) if isinstance(source, str) else ast.Module([], [])
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            said = {one.arg: _value(one.value) for one in node.value.keywords if one.arg}
            if isinstance(said.get("task_id"), str):
                yield said.pop("task_id"), {"operator": ast.unparse(node.value.func), **said}


def _value(node: ast.expr) -> Any:
    """A literal, also one in which values are filled in; else the words that stand there."""
    filled = isinstance(node, ast.Call) and ast.unparse(node.func) == "mlops.fill" and len(node.args) == 1
    try:
        return ast.literal_eval(node.args[0] if filled else node)  # type: ignore[attr-defined]
    except ValueError:
        return ast.unparse(node)
