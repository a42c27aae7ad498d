"""A preview as Markdown, for a comment on a pull request: what loses data, what changes, and the rest folded away."""

from __future__ import annotations

from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.render.escape import code_block, code_span, markdown
from mlops_iac.render.stateful import losses, render_markdown_losses
from mlops_iac.render.steps import group_by_layer, is_change, render_changes, render_steps
from mlops_iac.render.tables import render_markdown_table

LONGEST = 60_000
"""Characters. GitHub refuses a comment of more than 65,536."""


def render_markdown(stack: str, result: Result, *, notes: tuple[str, ...] = ()) -> str:
    """``notes`` are sentences that stand under the summary."""
    changes = [step for step in result.steps if is_shown(step)]
    lost = render_markdown_losses({"": losses(result.steps)})
    parts = [f"### {code_span(stack)}: {render_changes(result.changes, color=False)}", *([lost] if lost else [])]
    parts += [f"_{note}_" for note in notes]
    if changes:
        parts.append(_table(result))
        parts.append(_folded("Every changed property", _code(render_steps(result.steps, color=False))))
    return "\n\n".join(parts) + "\n"


def is_shown(step: Step) -> bool:
    """Whether a step has a row: a replacement has one, not one for each of its halves."""
    return step.custom and is_change(step) and step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)


def _table(result: Result) -> str:
    rows = [
        (markdown(layer), code_span(step.name), str(step.op), _why(step))
        for layer, members in group_by_layer(result.steps).items()
        for step in members
        if is_shown(step)
    ]
    return render_markdown_table(("layer", "resource", "what", "properties"), rows)


def _why(step: Step) -> str:
    names = [
        f"**{markdown(path)}**" if change.kind.endswith("-replace") else markdown(path)
        for path, change in sorted(step.diff.items())
    ]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _code(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n… cut: the whole of it is in the log of the job."
    return code_block(text)
