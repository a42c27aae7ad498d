"""A flow file, read and not run: its name, its steps, its parameters, and what Step Functions will not do for it.

A preview must be safe with a stranger's pull request, so the file is parsed and nothing in it is executed. What only
running would tell (a default that is computed, steps that a base class brings from elsewhere) stays unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mlops_iac.core.environment import Parameter
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.syntax_trees import parse
from mlops_iac.pipelines.compile.metaflow.parameters import read_parameters
from mlops_iac.pipelines.compile.metaflow.words import called, name_of

REASON: Final = "on Metaflow the team's own flow is the pipeline"
"""Why no kind of step of ours runs there."""
LARGEST: Final = 1024 * 1024
"""Bytes of a flow file. Parsing takes some hundred times as much memory."""

_NO_NETWORK: Final = "it installs packages from the network, which jobs do not reach"
_EVENTS: Final = "Metaflow starts flows by events on Kubernetes only"
REFUSED: Final[Mapping[str, str]] = {
    "conda": _NO_NETWORK,
    "conda_base": _NO_NETWORK,
    "exit_hook": "Metaflow has no hooks on Step Functions",
    "kubernetes": "this environment has queues of AWS Batch and no cluster",
    "parallel": "Metaflow cannot deploy it to Step Functions",
    "project": "the state machine would be called after who deploys it; here each environment is one stack",
    "pypi": _NO_NETWORK,
    "pypi_base": _NO_NETWORK,
    "slurm": "Metaflow cannot deploy it to Step Functions",
    "trigger": _EVENTS,
    "trigger_on_finish": _EVENTS,
}
"""Decorators that cannot be, to the reason. Sorted."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What is known of a flow without running it."""

    name: str
    """Of its class: what Metaflow calls it."""
    steps: tuple[str, ...]
    """From `start` on, each before what follows it."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def read_flow(file: Path, shown: str) -> Flow:
    """Read a file; ``shown`` is what errors call it. Raises ConfigError with every problem at its line."""
    tree = _parse(file, shown)
    kinds = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    flow = _started(tree, kinds, shown)
    lineage = [*_lineage(flow, kinds)]
    bodies = {one.name: one for kind in reversed(lineage) for one in kind.body if isinstance(one, ast.FunctionDef)}
    steps = {name: body for name, body in bodies.items() if any(name_of(d) == "step" for d in body.decorator_list)}
    whole = not _has_foreign_base(lineage, kinds)
    problems = [*_refused([*lineage, *steps.values()]), *(_unlinked(flow, steps) if whole else ())]
    if problems:
        raise ConfigError.of(Problem(file=shown, line=line, summary=s, detail=d, hint=h) for line, s, d, h in problems)
    return Flow(name=flow.name, steps=tuple(_ordered(steps)), parameters=read_parameters(lineage))


Fault = tuple[int, str, str, str]
"""Line, summary, detail, hint."""


def _parse(file: Path, shown: str) -> ast.Module:
    try:
        content = file.read_bytes()
        if len(content) > LARGEST:
            detail = f"It has {len(content):,} bytes; {LARGEST:,} are read."
            raise ConfigError("The flow is too large.", detail, hint="move data into files of its own.", file=shown)
        return parse(content, shown)
    except SyntaxError as error:
        hint = "correct it; `python -m py_compile` shows the place."
        raise ConfigError(
            "The flow is no Python.", f"{error.msg}.", hint=hint, file=shown, line=error.lineno or 1
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nesting without end
        raise ConfigError("The flow is no Python.", f"{error}.", file=shown, line=1) from None


def _started(tree: ast.Module, kinds: Mapping[str, ast.ClassDef], shown: str) -> ast.ClassDef:
    """The flow that running the file starts. A file may hold others, which it imports from or inherits."""
    flows = {
        name
        for name, kind in kinds.items()
        if any(_is_flow(base) for one in _lineage(kind, kinds) for base in one.bases)
    }
    main = [node for node in tree.body if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)]
    calls = {called(node): node for top in main for node in ast.walk(top) if isinstance(node, ast.Call)}
    started = [name for name in calls if name in flows]
    if len(started) == 1:
        return kinds[started[0]]
    hint = 'end the file with `if __name__ == "__main__":` and a call of the one flow.'
    if not flows:
        raise ConfigError("The file holds no flow.", "No class of it is a `FlowSpec`.", hint=hint, file=shown, line=1)
    if started:
        detail, line = f"It starts {_listed(started)}; a file is one pipeline.", calls[started[1]].lineno
        hint = "put each into a file of its own, and name both under `options.flows`."
        raise ConfigError("The file starts two flows.", detail, hint=hint, file=shown, line=line)
    first = min(kinds[name].lineno for name in flows)
    raise ConfigError(
        "The file starts no flow.", f"It holds {_listed(sorted(flows))}.", hint=hint, file=shown, line=first
    )


def _lineage(kind: ast.ClassDef, kinds: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """A class and its bases of the same file, nearest first."""
    seen: set[str] = set()
    waiting = [kind]
    while waiting:
        one = waiting.pop(0)
        if one.name not in seen:
            seen.add(one.name)
            yield one
            waiting += [kinds[name] for base in one.bases if (name := name_of(base)) in kinds]


def _is_flow(base: ast.expr) -> bool:
    return name_of(base) == "FlowSpec"


def _has_foreign_base(lineage: list[ast.ClassDef], kinds: Mapping[str, ast.ClassDef]) -> bool:
    return any(not _is_flow(base) and name_of(base) not in kinds for one in lineage for base in one.bases)


def _refused(nodes: list[Any]) -> Iterator[Fault]:
    for node in nodes:
        for decorator in node.decorator_list:
            if reason := REFUSED.get(word := name_of(decorator)):
                hint = "leave it out, or run this flow where Metaflow does it."
                yield decorator.lineno, "A decorator cannot be here.", f"`@{word}` of `{node.name}`: {reason}.", hint


def _unlinked(flow: ast.ClassDef, steps: Mapping[str, ast.FunctionDef]) -> Iterator[Fault]:
    """Steps that Metaflow would miss."""
    hint = "Metaflow wants the steps `start` and `end`, and every other one between them."
    for name in ("start", "end"):
        if name not in steps:
            yield flow.lineno, "The flow lacks a step.", f"`{flow.name}` has no step `{name}`.", hint
    for name, body in steps.items():
        for target, line in _next(body):
            if target not in steps:
                detail = f"`{name}` goes on to `{target}`, which is no step of `{flow.name}`; it has: {_listed(steps)}."
                yield line, "The flow lacks a step.", detail, "name one of them, or mark it with `@step`."


def _next(body: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """``self.next(self.a, self.b)``: where a step goes on."""
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.next":
            for target in node.args:
                if isinstance(target, ast.Attribute):
                    yield target.attr, target.lineno


def _ordered(steps: Mapping[str, ast.FunctionDef]) -> Iterator[str]:
    """Each step before those that it goes on to; what cannot be reached, or goes in a circle, comes last as written."""
    follows = {name: [target for target, _ in _next(body) if target in steps] for name, body in steps.items()}
    waits = {name: sum(name in targets for targets in follows.values()) for name in steps}
    ready, done = [name for name, count in waits.items() if count == 0], list[str]()
    while ready:
        done.append(name := ready.pop(0))
        for target in dict.fromkeys(follows[name]):
            waits[target] -= 1
            if waits[target] == 0:
                ready.append(target)
    yield from done
    yield from (name for name in steps if name not in done)


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
