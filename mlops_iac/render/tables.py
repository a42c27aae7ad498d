"""Rows as text: columns as wide as their widest cell, the first row being the head."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_iac.render.escape import cell
from mlops_iac.render.style import Style


def render_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool = False) -> str:
    """No rows: only the head. The last column is not filled up, so that no line ends in spaces."""
    style = Style(color)
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

    return "\n".join([style.paint(line(head), "dim"), *map(line, rows)])


def render_markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a comment on a pull request. The cells are Markdown."""
    lines = ["| " + " | ".join(map(cell, row)) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])
