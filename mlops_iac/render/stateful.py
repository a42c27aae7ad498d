"""What a reader must see before anything else: what would lose data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mlops_iac.core import urns
from mlops_iac.core.facts import loses
from mlops_iac.engine.event import Op, Step
from mlops_iac.render.escape import code_span, markdown
from mlops_iac.render.style import Style

_WORDS = {Op.DELETE: "deletes", Op.REPLACE: "replaces"}


class Loss(NamedTuple):
    """A resource whose step loses what no `up` makes again."""

    op: str
    urn: str
    type: str

    @property
    def name(self) -> str:
        return urns.parse(self.urn).name

    @property
    def what(self) -> str:
        """What is lost, in words."""
        return loses(self.type)

    def to_json(self) -> dict[str, str]:
        return {**self._asdict(), "loses": self.what}

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> Loss:
        return cls(row["op"], row["urn"], row["type"])


def losses(steps: Sequence[Step]) -> list[Loss]:
    """What the steps lose, each resource once: what holds data and is replaced or deleted."""
    return [Loss(str(step.op), step.urn, step.type) for step in steps if step.op in _WORDS and loses(step.type)]


def render_losses(lost: Iterable[Loss], *, color: bool, stack: str = "") -> str:
    """One line each; empty text when nothing is lost. ``stack`` is said when several are shown together."""
    style = Style(color)
    whose = f"{stack} " if stack else ""
    lines = []
    for loss in lost:
        what = style.paint(f"{whose}{_WORDS[Op(loss.op)]} {loss.name}", "red", "bold")
        lines.append(f"  {what} ({loss.type}): {loss.what} would be lost")
    return "\n".join(lines)


def render_markdown_losses(lost: Mapping[str, Sequence[Loss]]) -> str:
    """The same for a comment on a pull request: stack (or nothing) to what it loses; may be empty."""
    lines = [
        f"> - {f'{code_span(stack)} ' if stack else ''}{code_span(loss.name)} ({loss.op}): {markdown(loss.what)}"
        for stack, found in lost.items()
        for loss in found
    ]
    return "\n".join(["> [!CAUTION]", "> This would lose data:", *lines]) if lines else ""
