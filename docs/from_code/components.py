"""The page of components, read as source: importing them would load all of pulumi-aws."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from from_code.text import CHECKOUT, NOTE, cell, doc, joined


class Class(NamedTuple):
    node: ast.ClassDef
    module: ast.Module
    text: str


def components_page() -> str:
    """Every component: what you may say (args), what it makes (nodes), what it offers (outputs), what it grants."""
    from mlops_iac.components import COMPONENTS

    lines = ["# Components", "", NOTE, "A component is one layer. `from <module> import <Component>`; the first "]
    lines[-1] += 'argument is its place, `site.named("name")`, the second its args.'
    for name, module in COMPONENTS.items():
        lines += ["", f"## {name}", "", *_component(name, module)]
    return "\n".join(lines) + "\n"


def _component(name: str, module: str) -> Iterator[str]:
    found = _class(name, module)
    yield f"{doc(found.node)} Module `{module}`."
    if cost := _idle_cost(found.text):
        yield f"\nIdle cost: {cost}"
    yield from _args(f"{name}Args", module)
    yield from _nodes(name, module)
    outputs = list(dict.fromkeys(key for owner in _lineage(found, module) for key in _outputs(owner)))
    yield f"\nOutputs: {', '.join(f'`{key}`' for key in outputs)}."
    methods = list(_methods(found.node)) + [m for base in _lineage(found, module)[1:] for m in _methods(base.node)]
    if methods:
        yield "\n| method | what |\n|---|---|"
        yield from (f"| `{method}` | {cell(about)} |" for method, about in methods)


def _class(name: str, module: str) -> Class:
    """A class by the module it is imported from, followed through that module's imports; LookupError when absent."""
    path = CHECKOUT / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Class(node, tree, text)
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            return _class(name, str(node.module))
    raise LookupError(f"{module} has no class {name}")


def _lineage(found: Class, module: str) -> list[Class]:
    """A class and those of our classes that it extends, nearest first."""
    names = [base.id for base in found.node.bases if isinstance(base, ast.Name)]
    ours = [name for name in names if name not in ("Component", "Enum", "StrEnum", "Exception")]
    return [found, *(owner for name in ours for owner in _lineage(_class_near(name, found, module), module))]


def _class_near(name: str, found: Class, module: str) -> Class:
    for node in found.module.body:
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            return _class(name, str(node.module))
    return _class(name, module)


def _idle_cost(text: str) -> str:
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("# Idle cost: "):
            rest = []
            for more in lines:
                if not more.startswith("# "):
                    break
                rest.append(more[2:])
            return " ".join([line.removeprefix("# Idle cost: "), *rest])
    return ""


def _args(name: str, module: str) -> Iterator[str]:
    owners = _lineage(_class(name, module), module)
    rows = [row for owner in reversed(owners) for row in _fields(owner.node)]
    if rows:
        yield "\n| argument | type | what |\n|---|---|---|"
        yield from (f"| `{field}` | `{cell(kind)}` | {cell(about)} |" for field, kind, about in rows)


def _nodes(name: str, module: str) -> Iterator[str]:
    found = _class(name, module)
    for owner in _lineage(found, module):
        for node in owner.node.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "Nodes":
                fields = _fields(_class_near(ast.unparse(node.value), owner, module).node)
                listed = ", ".join(f"`{field}` ({kind})" for field, kind, _ in fields)
                yield f"\nNodes, which are also the keys of `transforms`: {listed}."
                return


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Name, annotation, and the docstring below the field."""
    for field, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign):
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and str(after.value.value)
            yield ast.unparse(field.target), ast.unparse(field.annotation), joined(said or "")


def _outputs(owner: Class) -> Iterator[str]:
    """The keys that `register_outputs` is called with."""
    for node in ast.walk(owner.node):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.register_outputs" and node.args:
            keys = node.args[0].keys if isinstance(node.args[0], ast.Dict) else []
            yield from (key.value for key in keys if isinstance(key, ast.Constant))


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_") and ast.get_docstring(method):
            if any(ast.unparse(decorator) == "property" for decorator in method.decorator_list):
                continue
            names = [
                ast.unparse(argument) for argument in method.args.args[1:] if argument.arg not in ("place", "opts")
            ]
            names += [f"*{method.args.vararg.arg}"] if method.args.vararg else []
            names += [f"{a.arg}=…" for a in method.args.kwonlyargs if a.arg != "opts"]
            short = [name.partition(":")[0] for name in names]
            yield f"{method.name}({', '.join(short)})", doc(method)
