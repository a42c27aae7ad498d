"""``mlops-iac preview --all``: one line per environment, then what is wrong with each that could not be previewed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mlops_iac.backends.everything import Previewed

HEAD = ("stack", "create", "update", "replace", "delete", "same", "")
OPS = ("create", "update", "replace", "delete", "same")


def preview_all(root: Path, *, expect_no_changes: bool, json: bool, markdown: bool) -> None:
    """Leaves with the worst exit code of all."""
    from mlops_iac.backends.everything import preview_stacks, worst_code
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.config import list_stacks
    from mlops_iac.core import exit_codes
    from mlops_iac.render.errors import error_json, render_error
    from mlops_iac.render.escape import markdown as text
    from mlops_iac.render.pulumi_json import result_json
    from mlops_iac.render.tables import render_markdown_table, render_table

    previews = list(preview_stacks(root, list_stacks(root), result_json))
    if json:
        bodies = {preview.stack: error_json(preview.error) if preview.error else preview.body for preview in previews}
        show_json({"stacks": bodies})
    else:
        show_losses(previews, markdown=markdown)
        rows = [row(preview) for preview in previews]
        cells = [[text(word) for word in words] for words in rows]
        show(render_markdown_table(HEAD, cells) if markdown else render_table(HEAD, rows, color=has_color(sys.stdout)))
        for preview in previews:
            if preview.error:
                say(f"\n{preview.stack}\n{render_error(preview.error, color=has_color(sys.stderr))}")
        if not previews:
            say("No environments yet. Make one: mlops-iac new")
    code = worst_code(previews)
    if code == exit_codes.OK and expect_no_changes and any(preview.changed for preview in previews):
        code = exit_codes.CHANGES
    if code != exit_codes.OK:
        raise typer.Exit(code)


def show_losses(previews: Sequence[Previewed], *, markdown: bool) -> None:
    """What any of them would lose, before the table."""
    from mlops_iac.cli.console import has_color, show
    from mlops_iac.render.stateful import Loss, render_losses, render_markdown_losses

    lost = {one.stack: [Loss.of_json(row) for row in one.body.get("losses", ())] for one in previews}
    lost = {stack: found for stack, found in lost.items() if found}
    if lost and markdown:
        show(f"{render_markdown_losses(lost)}\n\n")
    elif lost:
        color = has_color(sys.stdout)
        show("\n".join(render_losses(found, color=color, stack=stack) for stack, found in lost.items()) + "\n\n")


def row(preview: Previewed) -> tuple[str, ...]:
    if preview.error:
        more = len(preview.error.problems) - 1
        return (
            preview.stack,
            *("" for _ in OPS),
            f"error: {preview.error.summary}{f' and {more} more' if more else ''}",
        )
    return (preview.stack, *(str(preview.changes.get(op) or "") for op in OPS), "")
