"""``mlops-iac preview --all``: one line per environment, then what is wrong with each that could not be previewed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mlops_iac.cli.reviewing import CommentTo, review_of, write_comment

if TYPE_CHECKING:
    from mlops_iac.backends.everything import Previewed
    from mlops_iac.engine.event import Result
    from mlops_iac.review.review import Review

HEAD = ("stack", "create", "update", "replace", "delete", "same", "US dollars a month", "")
OPS = ("create", "update", "replace", "delete", "same")


def preview_all(
    root: Path,
    to: CommentTo,
    changed_since: str | None,
    exports: Path | None,
    *,
    expect_no_changes: bool,
    json: bool,
    markdown: bool,
) -> None:
    """Leaves with the worst exit code of all."""
    from mlops_iac.backends.everything import preview_stacks, worst_code
    from mlops_iac.config import list_stacks
    from mlops_iac.config.project import project_name
    from mlops_iac.core import exit_codes
    from mlops_iac.core.errors import UsageError

    if exports is not None and not exports.is_dir():
        raise UsageError(
            "This is no folder.",
            f"With --all, --state takes a folder with a STACK.json for each that is deployed; {exports} is none.",
            hint="`mlops-iac ci states FOLDER` makes one.",
        )
    stacks, left_out, removed = list_stacks(root), dict[str, str](), list["Previewed | None"]()
    if changed_since is not None:
        from mlops_iac.program.touched import deleted_stacks, untouched

        left_out = untouched(root, stacks, changed_since)
        stacks = [stack for stack in stacks if stack not in left_out]
        removed = [removal(root, stack, exports, json=json) for stack in deleted_stacks(root, changed_since)]
    previews = [one for one in removed if one is not None] + list(
        preview_stacks(root, stacks, partial(told, root, json), exports=exports)
    )
    reviews = [one.body["review"] for one in previews if one.error is None]
    if to.file is not None or markdown:
        write_comment(_with_errors(previews), to, of=project_name(root), left_out=left_out)
    if json:
        show_objects(previews, left_out)
    elif not markdown and not to.on_stdout:
        show_table(previews, reviews, left_out)
    code = worst_code(previews)
    if code == exit_codes.OK and expect_no_changes and any(preview.changed for preview in previews):
        code = exit_codes.CHANGES
    if code != exit_codes.OK:
        raise typer.Exit(code)


REMOVED = (
    "Only its stack file is deleted. All of this stays, and costs, until `mlops-iac destroy`: do that before the merge."
)


def removal(root: Path, stack: str, exports: Path | None, *, json: bool) -> Previewed | None:
    """Of a stack whose file is gone: what is left of it. None when that is nothing."""
    from mlops_iac.backends.everything import Previewed
    from mlops_iac.backends.removed import preview_removal
    from mlops_iac.core.exceptions import explain
    from mlops_iac.render.pulumi_json import result_json

    try:
        result = preview_removal(root, stack, exports=exports)
        if result is None:
            return None
        if result.error is not None:
            raise result.error
    except Exception as error:
        return Previewed(stack=stack, seconds=0.0, error=explain(error))
    body = {"review": review_of(root, stack, result, [REMOVED]), **({"json": result_json(result)} if json else {})}
    return Previewed(stack=stack, seconds=result.seconds, changes=dict(result.changes), body=body)


def told(root: Path, json: bool, stack: str, result: Result) -> dict[str, Any]:
    """What is made of a preview in the process that makes it, and sent."""
    from mlops_iac.render.pulumi_json import result_json

    return {"review": review_of(root, stack, result), **({"json": result_json(result)} if json else {})}


def _with_errors(previews: Sequence[Previewed]) -> list[Review]:
    from mlops_iac.review.review import Review

    return [
        Review(stack=one.stack, error=one.error) if one.error is not None else one.body["review"] for one in previews
    ]


def show_objects(previews: Sequence[Previewed], left_out: Mapping[str, str]) -> None:
    from mlops_iac.cli.console import show_json
    from mlops_iac.render.errors import error_json
    from mlops_iac.review.text import review_json

    bodies = {
        one.stack: error_json(one.error) if one.error else {**one.body["json"], **review_json(one.body["review"])}
        for one in previews
    }
    show_json({"stacks": bodies, **({"leftOut": dict(left_out)} if left_out else {})})


def show_table(previews: Sequence[Previewed], reviews: Sequence[Review], left_out: Mapping[str, str]) -> None:
    from mlops_iac.cli.console import has_color, say, show
    from mlops_iac.render.errors import render_error
    from mlops_iac.render.stateful import render_losses
    from mlops_iac.render.tables import render_table

    color = has_color(sys.stdout)
    lost = [render_losses(review.losses, color=color, stack=review.stack) for review in reviews if review.losses]
    if lost:
        show("\n".join(lost) + "\n\n")
    show(render_table(HEAD, [row(preview) for preview in previews], color=color))
    for preview in previews:
        if preview.error:
            say(f"\n{preview.stack}\n{render_error(preview.error, color=has_color(sys.stderr))}")
    for stack, why in left_out.items():
        say(f"Not previewed: {stack}, {why}")
    if not previews and not left_out:
        say("No environments yet. Make one: mlops-iac new")


def row(preview: Previewed) -> tuple[str, ...]:
    from mlops_iac.cost.words import cost_in_words

    if preview.error:
        more = len(preview.error.problems) - 1
        summary = f"error: {preview.error.summary}{f' and {more} more' if more else ''}"
        return (preview.stack, *("" for _ in OPS), "", summary)
    refused = f"refused by a policy: mlops-iac policy check {preview.stack}" if preview.is_refused else ""
    review = preview.body["review"]
    cost = cost_in_words(review.cost) if review.cost else ""
    return (preview.stack, *(str(preview.changes.get(op) or "") for op in OPS), cost, refused)
