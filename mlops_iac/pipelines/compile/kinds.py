"""Who compiles a step on a target: the target's own table, or the kind itself where another package brings it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ScriptStep, Step


def compilers_in(package: str, *kinds: str, **others: str) -> Mapping[str, str]:
    """Kind of step to the address of its compiler, ``<module>:<function>``, as kinds of other packages give it.

    A kind is compiled by ``compile_<file>`` in the file of ``package`` that is called like it; ``others`` are kinds
    that another file compiles. None is imported before a pipeline has such a step.
    """
    files = {**{kind: kind for kind in kinds}, **others}
    return {kind: f"{package}.{file}:compile_{file}" for kind, file in sorted(files.items())}


def compile_step(
    step: Step,
    context: Any,
    *,
    target: str,
    title: str,
    table: Mapping[str, str],
    refused: Mapping[str, str],
) -> Any:
    """A step's part of a document. Raises PipelineError, whose problems name the step, for what the target cannot do.

    ``title`` is the target's name for people, ``table`` its own compilers, ``refused`` the kinds that it cannot run.
    """
    try:
        return _compiler(step, target, title, table, refused)(step, context)
    except PipelineError as error:
        raise PipelineError.of(one if one.path else replace(one, path=step.name) for one in error.problems) from error


def _compiler(step: Step, target: str, title: str, table: Mapping[str, str], refused: Mapping[str, str]) -> Any:
    address = table.get(step.kind) or step.compilers.get(target)
    if address is None:
        why = refused.get(step.kind) or f"{title} takes: {', '.join(table)}."
        raise PipelineError(
            "This target cannot run this kind of step.",
            f"Step `{step.name}` is of kind `{step.kind}`. {why}",
            hint=_elsewhere(step),
        )
    try:
        return _load(address)
    except (ImportError, AttributeError) as error:
        raise PipelineError(
            "A kind of step cannot be compiled.",
            f"Kind `{step.kind}` names `{address}` for {title}: {type(error).__name__}: {error}.",
            hint="mend or upgrade the package that brings this kind of step.",
        ) from error


def _load(address: str) -> Any:
    module, _, function = address.partition(":")
    return getattr(import_module(module), function)


def _elsewhere(step: Step) -> str:
    from mlops_iac.pipelines.compile import TARGETS, get_target

    there = [name for name in TARGETS if step.kind in get_target(name).COMPILERS or name in step.compilers]
    advice = f"choose `orchestrator: {' or '.join(there)}`" if there else "take the step out, no orchestrator runs it"
    return f"{advice}; `mlops-iac pipeline kinds` shows what each of them takes."


def check_compute(pipeline: Pipeline, title: str, refused: Mapping[str, str]) -> None:
    """Raise PipelineError for every script that asks to run where the target cannot run any: before anybody is told how
    the queue, say, that it names could be had."""
    problems = [
        Problem(
            path=step.name,
            summary="This target cannot compute there.",
            detail=f"Step `{step.name}` of kind `{step.kind}` has `compute: {step.compute}`; {title} cannot: "
            f"{refused[step.compute]}",
            hint="leave out `compute`, or choose another `orchestrator`.",
        )
        for step in pipeline.ordered
        if isinstance(step, ScriptStep) and step.compute in refused
    ]
    if problems:
        raise PipelineError.of(problems)


class Answer(NamedTuple):
    """What a target does with a kind of step."""

    runs: bool
    how: str
    """How it does it, or why it cannot: a sentence."""


def answer(kind: type[Step], target: Any) -> Answer:
    """``target`` is a `mlops_iac.pipelines.compile.Target`. The first line of a compiler's docstring says how."""
    if kind.kind not in target.COMPILERS:
        return Answer(False, target.REFUSED[kind.kind])
    return Answer(True, (inspect.getdoc(_load(target.COMPILERS[kind.kind])) or "").partition("\n")[0])
