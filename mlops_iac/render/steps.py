"""Steps as text, grouped by layer: the component a resource belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mlops_iac.core import urns
from mlops_iac.engine.event import Op, PropertyDiff, Result, Step
from mlops_iac.render.style import OP_STYLES, Style
from mlops_iac.render.values import render_document_change, render_value

PAST = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "same": "unchanged"}


def layer_of(step: Step, types: Mapping[str, str]) -> str:
    """The name of the top-level component that holds a resource, or the resource's own when it stands alone.

    ``types`` maps the URN of every step to its parent's URN.
    """
    urn = step.urn
    while True:
        parent = types.get(urn)
        if not parent or urns.parse(parent).qualified_type == urns.STACK_TYPE:
            return urns.parse(urn).name
        urn = parent


def group_by_layer(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """Steps by layer, in the order in which layers appear; the stack itself and default providers are left out."""
    parents = {step.urn: step.parent or "" for step in steps}
    layers: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.type != urns.STACK_TYPE and not step.type.startswith("pulumi:providers:"):
            layers[layer_of(step, parents)].append(step)
    return dict(layers)


def render_steps(steps: Sequence[Step], *, color: bool, unchanged: bool = False) -> str:
    """The changes, layer by layer, with what changes in each resource. Empty text when nothing changes."""
    style = Style(color)
    lines: list[str] = []
    for layer, members in group_by_layer(steps).items():
        shown = [step for step in members if step.custom and (unchanged or is_change(step))]
        if not shown:
            continue
        component = next((step for step in members if not step.custom and step.name == layer), None)
        kind = component.type.rsplit(":", 1)[-1] if component else ""
        lines.append("  " + style.paint(layer, "bold") + (style.paint(f"  {kind}", "dim") if kind else ""))
        width = max(len(_short(step, layer)) for step in shown)
        for step in shown:
            lines.append(_step_line(step, layer, width, style))
            lines += _diff_lines(step, style)
    return "\n".join(lines)


def is_change(step: Step) -> bool:
    return step.op not in (Op.SAME, Op.READ)


def _short(step: Step, layer: str) -> str:
    return step.name.removeprefix(f"{layer}-")


def _step_line(step: Step, layer: str, width: int, style: Style) -> str:
    mark = style.paint(f"{step.op.mark:>2}", *OP_STYLES.get(step.op, ()))
    type = style.paint(step.type, "dim")
    return f"    {mark} {_short(step, layer):<{width}}  {type}"


def _diff_lines(step: Step, style: Style) -> list[str]:
    lines = []
    for path, diff in sorted(step.diff.items()):
        for name, old, new in _changes(path, diff):
            lines.append(_change_line(name, old, new, diff, style))
    return lines


def _changes(path: str, diff: PropertyDiff) -> Iterable[tuple[str, object, object]]:
    inside = render_document_change(diff.old, diff.new)
    if inside is None:
        return [(path, diff.old, diff.new)]
    return [(f"{path} › {name}", old, new) for name, old, new in inside]


def _change_line(name: str, old: object, new: object, diff: PropertyDiff, style: Style) -> str:
    replace = style.paint("  forces a replacement", "magenta") if diff.kind.endswith("-replace") else ""
    if diff.kind.startswith("add"):
        change = style.paint(f"+ {name}: {render_value(new)}", "green")
    elif diff.kind.startswith("delete"):
        change = style.paint(f"- {name}: {render_value(old)}", "red")
    else:
        change = f"{style.paint('~', 'yellow')} {name}: {render_value(old)} → {render_value(new)}"
    return f"         {change}{replace}"


def render_changes(changes: Mapping[str, int], *, color: bool, done: bool = False) -> str:
    """``12 to create, 1 to update, 60 unchanged``."""
    style = Style(color)
    words = []
    for op in ("create", "import", "update", "replace", "delete", "same"):
        if changes.get(op):
            text = PAST.get(op, op) if done or op == "same" else f"to {op}"
            words.append(style.paint(f"{changes[op]} {text}", *OP_STYLES.get(op, ())))
    return ", ".join(words) if words else "no resources"


def render_preview(result: Result, *, color: bool) -> str:
    """What a preview shows: the changes, then one line that counts them."""
    body = render_steps(result.steps, color=color)
    summary = f"  {render_changes(result.changes, color=color)}"
    return f"{body}\n\n{summary}" if body else summary
