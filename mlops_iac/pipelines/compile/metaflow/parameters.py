"""Parameters of a flow, as far as its text tells them: ``Parameter("alpha", default=0.1, help="…")``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mlops_iac.core.environment import Parameter
from mlops_iac.pipelines.compile.metaflow.words import called, name_of

TYPES: Final[Mapping[str, str]] = {"int": "number", "float": "number"}
"""Metaflow's ``type=`` to ours; every other one is written as text."""
TRUTHS: Final = ("true", "false")


def read_parameters(lineage: Sequence[ast.ClassDef]) -> dict[str, Parameter]:
    """Those of a class and its bases, nearest first, by their names on the command line."""
    found: dict[str, Parameter] = {}
    for kind in lineage:
        for name, parameter in _of_class(kind):
            found.setdefault(name, parameter)
    return found


def _of_class(kind: ast.ClassDef) -> Iterator[tuple[str, Parameter]]:
    for line in kind.body:
        value = getattr(line, "value", None)
        if not isinstance(value, ast.Call) or called(value) != "Parameter":
            continue
        given = {word.arg: word.value for word in value.keywords if word.arg}
        name = _literal(value.args[0] if value.args else given.get("name"))
        if isinstance(name, str):
            yield name, _parameter(given)


def _parameter(given: Mapping[str, ast.expr]) -> Parameter:
    """A default that is computed is left to the flow: None stands for it, as it does where there is none."""
    default, described = _literal(given.get("default")), _literal(given.get("help"))
    told = name_of(given["type"]) if "type" in given else type(default).__name__
    description = described if isinstance(described, str) else ""
    if told == "bool":
        default = str(default).lower() if isinstance(default, bool) else default
        return Parameter(type="string", default=default, description=description, allowed=TRUTHS)
    if isinstance(default, dict | list | tuple):
        default = None
    return Parameter(type=TYPES.get(told, "string"), default=default, description=description)


def _literal(node: ast.expr | None) -> Any:
    try:
        return None if node is None else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
