"""Steps as text, grouped by layer: the component a resource belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mlops_iac.engine.event import Op, PropertyDiff, Result, Step
from mlops_iac.engine.layers import group_by_layer
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN
from mlops_iac.render.compare import Change, compare
from mlops_iac.render.stateful import losses, render_losses
from mlops_iac.render.style import OP_STYLES, Style
from mlops_iac.render.values import render_change, render_value
from mlops_iac.render.words import COUNTED, DONE

MOST_KINDS = 4
"""Types named of a layer that is made as a whole."""

FEW = 20
"""Creates that a preview shows one by one."""

MOST_CHANGES = 20
"""Differences shown of one property; what more there are is counted."""


def render_steps(
    steps: Sequence[Step], *, color: bool, unchanged: bool = False, details: bool = False, folded: bool = False
) -> str:
    """The changes, layer by layer, with what changes in each resource. Empty text when nothing changes.

    ``details`` shows every property of what is created or deleted, too. ``folded`` makes one line of a layer of which
    nothing is there yet: what it will be made of is no change to anything.
    """
    style = Style(color)
    lines: list[str] = []
    layers = group_by_layer(steps)
    names = max((len(layer) for layer, members in layers.items() if folded and _is_new(members)), default=0)
    for layer, members in layers.items():
        shown = [step for step in members if step.custom and (unchanged or is_change(step))]
        if not shown:
            continue
        component = next((step for step in members if not step.custom and step.name == layer), None)
        kind = component.type.rsplit(":", 1)[-1] if component else ""
        if folded and component and _is_new(members):
            lines.append(_folded_line(layer, kind, shown, names, style))
            continue
        lines.append("  " + style.paint(layer, "bold") + (style.paint(f"  {kind}", "dim") if kind else ""))
        width = max(len(_short(step, layer)) for step in shown)
        for step in shown:
            lines.append(_step_line(step, layer, width, style))
            lines += _diff_lines(step, style) or (_whole(step, style) if details else [])
    return "\n".join(lines)


def _is_new(members: Sequence[Step]) -> bool:
    """Whether a layer is made as a whole."""
    return all(step.op is Op.CREATE for step in members)


def _folded_line(layer: str, kind: str, shown: Sequence[Step], width: int, style: Style) -> str:
    """``  + network       14 resources: route, route-table-association, vpc and 5 more``"""
    kinds = Counter(step.type.rsplit(":", 1)[-1] for step in shown)
    told = [f"{count} {name}" if count > 1 else name for name, count in kinds.most_common()]
    words = ", ".join(told[:MOST_KINDS]) + (f" and {len(told) - MOST_KINDS} more" if len(told) > MOST_KINDS else "")
    count = f"{len(shown):>3} {'resource ' if len(shown) == 1 else 'resources'}"
    mark = style.paint("+", *OP_STYLES["create"])
    return f"  {mark} {style.paint(f'{layer:<{width}}', 'bold')} {count}  {style.paint(f'{kind}: {words}', 'dim')}"


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
        changes = changes_inside(path, diff)
        lines += [_change_line(change, diff, style) for change in changes[:MOST_CHANGES]]
        if len(changes) > MOST_CHANGES:
            lines.append(f"         … {path}: {len(changes) - MOST_CHANGES} more differences")
    return lines


def _whole(step: Step, style: Style) -> list[str]:
    """All that a resource is made of, or was."""
    gone = step.op in (Op.DELETE, Op.DELETE_REPLACED)
    mark, color = ("-", "red") if gone else ("+", "green")
    inputs = ((step.old if gone else step.new) or {}).get("inputs", {})
    return [
        style.paint(f"         {mark} {name}: {render_value(_known(value))}", color)
        for name, value in sorted(inputs.items())
        if value not in (None, {}, [])
    ]


def _known(value: object) -> object:
    """A value of a step's state, in which the engine's mark stands for what is not known yet."""
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return UNKNOWN if value == UNKNOWN_TEXT else value


def changes_inside(path: str, diff: PropertyDiff) -> list[Change]:
    """A change of a property, or what changed inside when it is a document or a text of several lines."""
    kind = diff.kind.removesuffix("-replace")
    inside = compare(diff.old, diff.new) if kind == "update" else None
    if inside == []:
        return [Change(f"{path} (the same, written differently)", "update", diff.old, diff.new)]
    if inside is None:
        return [Change(path, kind, diff.old, diff.new)]  # type: ignore[arg-type]
    return [Change(f"{path} › {part.path}" if part.path else path, part.kind, part.old, part.new) for part in inside]


def _change_line(change: Change, diff: PropertyDiff, style: Style) -> str:
    replace = style.paint("  forces a replacement", "magenta") if diff.kind.endswith("-replace") else ""
    if change.kind == "add":
        text = style.paint(f"+ {change.path}: {render_value(change.new)}", "green")
    elif change.kind == "delete":
        text = style.paint(f"- {change.path}: {render_value(change.old)}", "red")
    else:
        text = f"{style.paint('~', 'yellow')} {change.path}: {render_change(change.old, change.new)}"
    return f"         {text}{replace}"


def render_changes(changes: Mapping[str, int], *, color: bool, done: bool = False) -> str:
    """``12 to create, 1 to update, 60 unchanged``."""
    style = Style(color)
    words = []
    for op in COUNTED:
        if changes.get(op):
            text = DONE[op] if done or op is Op.SAME else f"to {op}"
            words.append(style.paint(f"{changes[op]} {text}", *OP_STYLES.get(op, ())))
    return ", ".join(words) if words else "no resources"


def render_preview(result: Result, *, color: bool, details: bool = False, full: bool = False) -> str:
    """What a preview shows: what would be lost, the changes, then one line that counts them.

    When it is long, layers that are made as a whole are folded to a line each, unless ``full`` or ``details`` is asked.
    """
    lost = render_losses(losses(result.steps), color=color)
    folded = not (full or details) and sum(step.op is Op.CREATE for step in result.steps) > FEW
    body = render_steps(result.steps, color=color, details=details, folded=folded)
    summary = f"  {render_changes(result.changes, color=color)}"
    if folded and result.steps:
        summary += "\n  `preview --full` names each resource, `preview --diff` every property"
    return "\n\n".join(part for part in (lost, body, summary) if part)
