"""``mlops-iac preview``."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_backend, project_root
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    ExpectOption,
    JsonOption,
    OptionalStackArgument,
    ParallelOption,
    RefreshOption,
    ReplaceOption,
    TargetOption,
    operation_options,
)
from mlops_iac.cli.reviewing import CommentOption, CommentTo, LimitOption, LinkOption, review_of, write_comment

if TYPE_CHECKING:
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Diagnostic, OnEvent, Result
    from mlops_iac.review.review import Review


class PreviewFormat(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"


def preview(
    stack: OptionalStackArgument = None,
    all: Annotated[bool, typer.Option("--all", help="Every environment in stacks/, in one table.")] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="Compare with this `pulumi stack export`, with --all a folder of them: no cloud is asked.",
        ),
    ] = None,
    target: TargetOption = None,
    target_dependents: DependentsOption = False,
    exclude: ExcludeOption = None,
    replace: ReplaceOption = None,
    refresh: RefreshOption = False,
    save_plan: Annotated[
        Path | None, typer.Option("--save-plan", metavar="FILE", help="Save the plan, for `up --plan FILE`.")
    ] = None,
    parallel: ParallelOption = None,
    expect_no_changes: ExpectOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="Name each resource of layers that are made as a whole.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show every property of what is created or deleted, too.")
    ] = False,
    format: Annotated[
        PreviewFormat, typer.Option("--format", help="`markdown` is for a comment on a pull request.")
    ] = PreviewFormat.TEXT,
    changed_since: Annotated[
        str | None,
        typer.Option("--changed-since", metavar="REF", help="With --all: only what changes since a commit can touch."),
    ] = None,
    comment: CommentOption = None,
    comment_limit: LimitOption = 65_000,
    comment_link: LinkOption = "",
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what would change, layer by layer, what it costs, and change nothing.

    Works before anything is running, and needs no account. Leaves with 5 when a policy would refuse the `up`. With
    --state it compares with an export of a stack that is deployed elsewhere, on AWS say: no credentials and no
    passphrase are needed, and policies of the company's own folder are not run.

    Example: mlops-iac preview screening-dev
    """
    from mlops_iac.cli.locked import refuse_locked_of
    from mlops_iac.cli.operations import expect_none, foresee, raise_if_stopped, refuse_by_policy
    from mlops_iac.cli.selected import get_selected
    from mlops_iac.cli.standing import expiry_notes
    from mlops_iac.cli.two_persons import sign_plan

    if stack is None and not all:
        stack = get_selected()
    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, replace=replace, refresh=refresh,
        parallel=parallel, plan=save_plan,
    )  # fmt: skip
    refuse_nonsense(stack, all=all, state=state, cloud=cloud, refresh=refresh, save_plan=save_plan, options=options)
    refuse_details(all=all, full=full, diff=diff, event_log=event_log)
    to = CommentTo(file=comment, limit=comment_limit, link=comment_link)
    refuse_two_outputs(to, json=json, format=format, changed_since=changed_since, all=all)
    if all or stack is None:
        from mlops_iac.cli.preview_all import preview_all

        markdown = format is PreviewFormat.MARKDOWN
        preview_all(
            project_root(), to, changed_since, state, expect_no_changes=expect_no_changes, json=json, markdown=markdown
        )
        return
    notes: list[str] = []
    operation = choose_operation(stack, state, cloud, options, notes, quiet=json)
    result, said = foresee(operation, json=json, event_log=event_log)
    raise_if_stopped(result)
    if state is None:
        refuse_locked_of(open_backend(stack, cloud), result.steps)
    sign_plan(save_plan, project_root(), stack, cloud)
    notes += expiry_notes(project_root(), stack, cloud)
    reviewed = review_of(project_root(), stack, result, notes)
    if to.file is not None or format is PreviewFormat.MARKDOWN:
        write_comment([reviewed], to, of=stack)
    if format is PreviewFormat.TEXT and not to.on_stdout:
        show_result(result, said, reviewed, details=diff, full=full, json=json)
    refuse_by_policy(result)
    expect_none(result, expect_no_changes)


def choose_operation(
    stack: str, state: Path | None, cloud: CloudName, options: Options, notes: list[str], *, quiet: bool
) -> Callable[[OnEvent], Result]:
    """The preview that was asked for: of the stack where it lives, or against an export of it."""
    if state is not None:
        from mlops_iac.cli.preview_exported import compare_with

        return lambda on_event: compare_with(stack, state, notes, on_event, options)
    from mlops_iac.cli.console import say

    backend = open_backend(stack, cloud)
    if not quiet:
        say(f"Previewing {stack} ({backend.place})\n")

    def preview_it(on_event: OnEvent) -> Result:
        result = backend.preview(on_event=on_event, options=options)
        if backend.can_look and not options.refresh:
            notes.append("Compared with what was recorded. With --refresh it is compared with what is really there.")
        return result

    return preview_it


def refuse_nonsense(
    stack: str | None,
    *,
    all: bool,
    state: Path | None,
    cloud: CloudName,
    refresh: bool,
    save_plan: Path | None,
    options: object,
) -> None:
    from mlops_iac.core.errors import UsageError
    from mlops_iac.engine.deciding.options import DEFAULTS

    if all == bool(stack):
        given = f"Both `{stack}` and --all were given." if stack else "None was named."
        raise UsageError("Which environment?", given, hint="give the name of one, as `stack ls` lists it, or --all.")
    if all and (cloud is not CloudName.EMBEDDED or options != DEFAULTS):
        raise UsageError(
            "Two choices that exclude each other.",
            "--all previews every environment as a whole, against states on this machine or those of --state FOLDER.",
            hint="give only --state, --json, --format, --comment, --changed-since or --expect-no-changes with it.",
        )
    if state and (refresh or save_plan or cloud is not CloudName.EMBEDDED):
        raise UsageError(
            "Two choices that exclude each other.",
            "--state compares with a file: there is no cloud to read, and no state that a plan could be held to.",
            hint="leave out --refresh, --save-plan and --cloud.",
        )


def refuse_details(*, all: bool, full: bool, diff: bool, event_log: Path | None) -> None:
    """One table has a line for each environment, and no room for these."""
    from mlops_iac.core.errors import UsageError

    if all and (full or diff or event_log):
        detail = "--full, --diff and --event-log are about the resources of one environment."
        raise UsageError("Two choices that exclude each other.", detail, hint="leave them out, or --all.")


def refuse_two_outputs(
    to: CommentTo, *, json: bool, format: PreviewFormat, changed_since: str | None, all: bool
) -> None:
    from mlops_iac.core.errors import UsageError

    if changed_since is not None and not all:
        raise UsageError(
            "A choice that needs another.",
            "--changed-since chooses among all environments.",
            hint="add --all, or leave out --changed-since.",
        )
    if sum((json, format is PreviewFormat.MARKDOWN, to.on_stdout)) > 1:
        raise UsageError(
            "Two choices that exclude each other.",
            "--json, --format markdown and --comment - write each something else to stdout.",
            hint="give the comment a file: --comment comment.md.",
        )


def show_result(
    result: Result, said: list[Diagnostic], reviewed: Review, *, details: bool, full: bool, json: bool
) -> None:
    """What loses data comes first; then the changes."""
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import show_preview
    from mlops_iac.cli.policy import show_findings
    from mlops_iac.render.pulumi_json import result_json
    from mlops_iac.review.text import review_json

    if json:
        body = {**result_json(result, diagnostics=said), **review_json(reviewed)}
        show_json({**body, **({"notes": list(reviewed.notes)} if reviewed.notes else {})})
        return
    show_preview(result, reviewed, details=details, full=full)
    show_findings(result.policy)
    for note in reviewed.notes:
        say(f"\n  {note}")
