"""The page of errors and exit codes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from from_code.text import CHECKOUT, NOTE, cell, joined


def errors_page() -> str:
    """Exit codes, the family of errors, and every error that is told, by its constant summary."""
    lines = ["# Errors and exit codes", "", NOTE, "## Exit codes", "", "The Pulumi CLI's own table.", ""]
    lines += ["| code | name | what |", "|---:|---|---|", *_exit_codes(), "", "## Errors", ""]
    lines += [
        "An error is one line that never changes, a detail with the value given and the values allowed, and a hint "
        'that is an action. With `--json` it is `{"error": …}`; `--debug` shows the traceback.',
        "",
        "| summary | kind | exit code |",
        "|---|---|---:|",
    ]
    return "\n".join([*lines, *_errors()]) + "\n"


def _exit_codes() -> Iterator[str]:
    from mlops_iac.core import exit_codes

    tree = ast.parse(inspect.getsource(exit_codes))
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.Assign):
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and str(after.value.value)
            name = ast.unparse(node.targets[0])
            yield f"| {ast.unparse(node.value)} | {name} | {cell(joined(said or ''))} |"


def _errors() -> list[str]:
    """`Kind("Summary.", …)` wherever one is made with a constant summary. Sorted."""
    from mlops_iac.core import errors

    kinds = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.MlopsError) and name != "NotEmulated"
    }
    found = {("Not emulated yet.", "NotEmulated", errors.NotEmulated.exit_code)}
    for folder in ("mlops_iac", "components", "blueprints"):
        for file in (CHECKOUT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in kinds
                    and node.args
                ):
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        found.add((first.value, node.func.id, kinds[node.func.id]))
    return [f"| {cell(summary)} | `{kind}` | {code} |" for summary, kind, code in sorted(found)]
