"""How an operation ended, as text: what was done, and on failure the error last, where people look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError, MlopsError
from mlops_iac.engine.event import Result, Step, StepFailed
from mlops_iac.render.errors import render_error
from mlops_iac.render.exceptions import explain
from mlops_iac.render.steps import layer_of, render_changes
from mlops_iac.render.style import Style
from mlops_iac.render.words import DOING

_LABEL = 10
"""Cells of the column that says what a line of an error is about."""


def render_outcome(result: Result, *, color: bool, verb: str = "up") -> str:
    """One line when all went well; otherwise each failure with its resource, call and reason, and what to do now.

    ``verb`` is the command that goes on from here.
    """
    style = Style(color)
    summary = f"  {render_changes(result.changes, color=color, done=True)} in {result.seconds:.1f} s"
    if result.outcome == "succeeded":
        return summary
    parents = _parents(result)
    blocks = [f"{summary}; {style.paint(result.outcome, 'red', 'bold')}"]
    blocks += [_render_failure(failure, parents, style) for failure in result.failures]
    if result.error is not None and not (result.failures and result.outcome == "cancelled"):
        blocks.append(render_error(explain(result.error), color=color))
    return "\n".join(["\n\n".join(blocks), *_closing(result, style, verb)])


def _render_failure(failure: StepFailed, parents: Mapping[str, str], style: Style) -> str:
    step, error = failure.step, failure.error
    doing = DOING.get(step.op, f"{step.op}:").capitalize()
    head = f"{style.paint('error:', 'red', 'bold')} {doing} {style.paint(step.name, 'bold')} ({step.type})"
    layer = layer_of(step, parents)
    lines = [head, *(_field("layer", layer, style) if layer != step.name else [])]
    if not isinstance(error, MlopsError):
        return "\n".join([*lines, *_field("reason", f"{type(error).__name__}: {error}", style)])
    if isinstance(error, CloudError) and error.call:
        lines += _field("call", error.call, style)
    lines += _field("reason", _reason(error), style)
    lines += [line for hint in _hints(error) for line in _field("hint", hint, style)]
    return "\n".join(lines)


def _reason(error: MlopsError) -> str:
    """The cloud's own code and words when it refused a request; otherwise ours."""
    if isinstance(error, CloudError) and error.code and f"{error.code}: " in error.detail:
        return error.detail[error.detail.index(f"{error.code}: ") :]
    return "\n".join(part for problem in error.problems for part in (problem.summary, problem.detail) if part)


def _hints(error: MlopsError) -> list[str]:
    return list(dict.fromkeys(problem.hint for problem in error.problems if problem.hint))


def _closing(result: Result, style: Style, verb: str) -> list[str]:
    """What was done, what was not, and how to go on."""
    if not result.failures and result.outcome != "cancelled":
        return []
    done = f"{render_changes(_changed(result.changes), color=False, done=True)}; all of it is recorded"
    lines = _field("done", done if _changed(result.changes) else "nothing", style)
    if result.left:
        lines += _field("not done", _left(result.left), style)
    if result.outcome == "cancelled":
        then = f"What was in flight is finished and recorded. The next `{verb}` continues."
    else:
        then = f"see to the reason, then `mlops-iac {verb}{_stack(result)}` goes on from here."
    return [*lines, *_field("next", then, style)]


def _changed(changes: Mapping[str, int]) -> dict[str, int]:
    return {op: count for op, count in changes.items() if op not in ("same", "read")}


def _left(left: Sequence[str]) -> str:
    """``14 resources: endpoint-config, endpoint-role and 12 more``"""
    names = [urns.parse(urn).name for urn in left]
    count = f"{len(names)} {'resource' if len(names) == 1 else 'resources'}"
    shown = ", ".join(names[:5])
    return f"{count}: {shown}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"


def _field(label: str, text: str, style: Style) -> list[str]:
    """``  reason    …``; further lines stand under the first."""
    first, *rest = text.splitlines() or [""]
    return [f"  {style.paint(f'{label:<{_LABEL}}', 'dim')}{first}", *(f"  {'':<{_LABEL}}{line}" for line in rest)]


def _parents(result: Result) -> dict[str, str]:
    steps: list[Step] = [*result.steps, *(failure.step for failure in result.failures)]
    return {step.urn: step.parent or "" for step in steps}


def _stack(result: Result) -> str:
    for failure in result.failures:
        return f" {urns.parse(failure.step.urn).stack}"
    return ""
