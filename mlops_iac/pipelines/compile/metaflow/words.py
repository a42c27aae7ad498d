"""What names stand in a piece of Python."""

from __future__ import annotations

import ast


def name_of(node: ast.expr) -> str:
    """The last word of a decorator or a base: ``step`` for ``@step``, ``@metaflow.step`` and ``@step()``."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def called(node: ast.Call) -> str:
    return name_of(node.func)
