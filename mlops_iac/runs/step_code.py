"""Which of the packed code a step can use: everything but the scripts of other steps that its own never imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from mlops_iac.core.cache_keys import key_of
from mlops_iac.core.syntax_trees import parse
from mlops_iac.runs.pack import PackedCode


def code_key(code: PackedCode, script: str | None, scripts: Collection[str]) -> str:
    """Equal when nothing changed that the step can use. ``script``: its own, None where it runs none of the team's;
    ``scripts``: those of all steps."""
    files = {file.name: file for file in code.files}
    others = {name for name in scripts if name != script and name in files}
    used = {file.name: file.sha256 for file in code.files if file.name not in others - _reached(script, code)}
    wheels = {wheel.file: wheel.sha256 for wheel in code.requirements.wheels}
    return key_of(used, wheels, str(code.framework), str(code.platform), code.shipped)


def _reached(script: str | None, code: PackedCode) -> set[str]:
    """Python files that a script imports, and those that these import; all of them where one cannot be read."""
    files = {file.name: file.path for file in code.files if file.name.endswith(".py")}
    if script and not script.endswith(".py"):
        return {*files}  # a notebook's cells import what they like, by magics too
    found: set[str] = set()
    waiting = [script] if script in files else []
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            tree = parse(files[name].read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            return {*files}
        waiting += [each for module in _imported(tree) for each in _places(module, name) if each in files]
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" if node.module else alias.name for alias in node.names)


def _places(module: str, importer: str) -> Iterator[str]:
    """Files that a module may be, beside who imports it or from the top; a part of ``a.b.c`` may be a name in one."""
    folder = importer.rpartition("/")[0]
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        for start in {"", f"{folder}/" if folder else ""}:
            yield f"{start}{path}.py"
            yield f"{start}{path}/__init__.py"
