"""Two runs side by side, as text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from mlops_iac.render.style import Style
from mlops_iac.render.tables import render_table

if TYPE_CHECKING:
    from mlops_iac.runs.compare import Comparison, Line

MOST_LINES = 20
"""Of one part, such as the objects of the data; `--json` and `--all` have the others."""

WIDEST = 44
"""Characters of a value; a longer one keeps its end, by which names and hashes differ."""


def render_comparison(found: Comparison, *, everything: bool, color: bool) -> str:
    """A part after the other, each as a table; only what differs, unless ``everything`` is wanted."""
    style = Style(color)
    lines = found.lines if everything else found.differences
    parts = []
    for part, group in groupby(lines, key=lambda line: line.part):
        chosen = [*group]
        shown = chosen if everything else chosen[:MOST_LINES]
        rows = [(line.name, _shown(line.a), _shown(line.b), _change(line)) for line in shown]
        text = render_table((part.upper(), found.a.run.id, found.b.run.id, ""), rows, color=color)
        rest = len(chosen) - len(shown)
        parts.append(text + (style.paint(f"\nand {rest:,} more: --all shows them", "dim") if rest else ""))
    if not parts:
        parts = [f"Nothing differs between {found.a.run.id} and {found.b.run.id}."]
    return "\n\n".join([*parts, *found.unknown]) + "\n"


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= WIDEST else f"…{text[-WIDEST + 1 :]}"


def _change(line: Line) -> str:
    """``+0.0125`` between two numbers."""
    both = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (line.a, line.b))
    return f"{line.b - line.a:+.4g}" if both and line.differs else ""
