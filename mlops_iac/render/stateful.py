"""What a reader must see before anything else: what would lose data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlops_iac.core.stateful import LOSES
from mlops_iac.engine.event import Op, Step
from mlops_iac.render.style import Style

_WORDS = {Op.DELETE: "deletes", Op.REPLACE: "replaces"}


def losses(steps: Sequence[Step]) -> list[Step]:
    """The steps that replace or delete something that holds what no `up` makes again; each resource once."""
    return [step for step in steps if step.op in _WORDS and step.type in LOSES]


def render_losses(steps: Sequence[Step], *, color: bool) -> str:
    """One line each; empty text when nothing is lost."""
    style = Style(color)
    lines = []
    for step in losses(steps):
        what = style.paint(f"{_WORDS[step.op]} {step.name}", "red", "bold")
        lines.append(f"  {what} ({step.type}): {LOSES[step.type]} would be lost")
    return "\n".join(lines)


def losses_json(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [
        {"op": str(step.op), "urn": step.urn, "type": step.type, "loses": LOSES[step.type]} for step in losses(steps)
    ]
