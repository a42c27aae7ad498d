"""How an operation ended, as text: what was done, and on failure the error last, where people look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from textwrap import wrap

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError, MlopsError
from mlops_iac.core.exceptions import explain
from mlops_iac.engine.event import Result, Step, StepFailed
from mlops_iac.engine.layers import layer_of
from mlops_iac.render.errors import render_error
from mlops_iac.render.steps import render_changes
from mlops_iac.render.style import Style
from mlops_iac.render.words import DOING

Field = Callable[[str, str], list[str]]
"""Lines of an error that say one thing about it, from a label and a text."""

_LABEL = 10
"""Cells of the column that says what a line of an error is about."""


def render_outcome(result: Result, *, color: bool, verb: str = "up", width: int | None = None) -> str:
    """One line when all went well; otherwise each failure with its resource, call and reason, and what to do now.

    ``verb`` is the command that goes on from here. ``width`` is the terminal's; left out, no line is broken.
    """
    style = Style(color)
    field = partial(_field, style=style, width=width)
    summary = f"  {render_changes(result.changes, color=color, done=True)} in {result.seconds:.1f} s"
    if result.outcome == "succeeded":
        return summary
    parents = _parents(result)
    blocks = [f"{summary}; {style.paint(result.outcome, 'red', 'bold')}"]
    blocks += [_render_failure(failure, parents, style, field) for failure in result.failures]
    if result.error is not None and not (result.failures and result.outcome == "cancelled"):
        blocks.append(render_error(explain(result.error), color=color))
    return "\n".join(["\n\n".join(blocks), *_closing(result, field, verb)])


def _render_failure(failure: StepFailed, parents: Mapping[str, str], style: Style, field: Field) -> str:
    step, error = failure.step, failure.error
    doing = DOING.get(step.op, f"{step.op}:").capitalize()
    head = f"{style.paint('error:', 'red', 'bold')} {doing} {style.paint(step.name, 'bold')} ({step.type})"
    layer = layer_of(step, parents)
    lines = [head, *(field("layer", layer) if layer != step.name else [])]
    if not isinstance(error, MlopsError):
        return "\n".join([*lines, *field("reason", f"{type(error).__name__}: {error}")])
    if isinstance(error, CloudError) and error.call:
        lines += field("call", error.call)
    lines += field("reason", _reason(error))
    lines += [line for hint in _hints(error) for line in field("hint", hint)]
    return "\n".join(lines)


def _reason(error: MlopsError) -> str:
    """The cloud's own code and words when it refused a request; otherwise ours."""
    if isinstance(error, CloudError) and error.code and f"{error.code}: " in error.detail:
        return error.detail[error.detail.index(f"{error.code}: ") :]
    return "\n".join(part for problem in error.problems for part in (problem.summary, problem.detail) if part)


def _hints(error: MlopsError) -> list[str]:
    return list(dict.fromkeys(problem.hint for problem in error.problems if problem.hint))


def _closing(result: Result, field: Field, verb: str) -> list[str]:
    """What was done, what was not, and how to go on."""
    if not result.failures and result.outcome != "cancelled":
        return []
    done = f"{render_changes(_changed(result.changes), color=False, done=True)}; all of it is recorded"
    lines = field("done", done if _changed(result.changes) else "nothing")
    if result.left:
        lines += field("not done", _left(result.left))
    if result.outcome == "cancelled":
        then = f"the next `{verb}` goes on from here."
    else:
        then = f"see to the reason, then `mlops-iac {verb}{_stack(result)}` goes on from here."
    return [*lines, *field("next", then)]


def _changed(changes: Mapping[str, int]) -> dict[str, int]:
    return {op: count for op, count in changes.items() if op not in ("same", "read")}


def _left(left: Sequence[str]) -> str:
    """``14 resources: endpoint-config, endpoint-role and 12 more``"""
    names = [urns.parse(urn).name for urn in left]
    count = f"{len(names)} {'resource' if len(names) == 1 else 'resources'}"
    shown = ", ".join(names[:5])
    return f"{count}: {shown}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"


def _field(label: str, text: str, *, style: Style, width: int | None) -> list[str]:
    """``  reason    …``; further lines stand under the first."""
    lines = text.splitlines() or [""]
    if width:
        room = max(20, width - _LABEL - 2)
        lines = [part for line in lines for part in wrap(line, room, break_long_words=False, break_on_hyphens=False)]
    first, *rest = lines or [""]
    return [f"  {style.paint(f'{label:<{_LABEL}}', 'dim')}{first}", *(f"  {'':<{_LABEL}}{line}" for line in rest)]


def _parents(result: Result) -> dict[str, str]:
    steps: list[Step] = [*result.steps, *(failure.step for failure in result.failures)]
    return {step.urn: step.parent or "" for step in steps}


def _stack(result: Result) -> str:
    for failure in result.failures:
        return f" {urns.parse(failure.step.urn).stack}"
    return ""
