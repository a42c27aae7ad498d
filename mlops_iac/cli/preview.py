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

if TYPE_CHECKING:
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Diagnostic, OnEvent, Result


class PreviewFormat(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"


def preview(
    stack: OptionalStackArgument = None,
    all: Annotated[bool, typer.Option("--all", help="Every environment in stacks/, in one table.")] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Compare with this `pulumi stack export`: no cloud is asked."),
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
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what would change, layer by layer, and change nothing.

    Works before anything is running, and needs no account. With --state it compares with an export of a stack that is
    deployed elsewhere, on AWS say: no credentials and no passphrase are needed.

    Example: mlops-iac preview screening-dev
    """
    from mlops_iac.cli.operations import expect_none, foresee, raise_if_stopped

    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, replace=replace, refresh=refresh,
        parallel=parallel, plan=save_plan,
    )  # fmt: skip
    refuse_nonsense(stack, all=all, state=state, cloud=cloud, refresh=refresh, save_plan=save_plan, options=options)
    if all or stack is None:
        from mlops_iac.cli.preview_all import preview_all

        preview_all(project_root(), expect_no_changes=expect_no_changes, json=json, markdown=format == "markdown")
        return
    notes: list[str] = []
    operation = choose_operation(stack, state, cloud, options, notes, quiet=json)
    result, said = foresee(operation, json=json, event_log=event_log)
    raise_if_stopped(result)
    show_result(stack, result, said, notes, details=diff, full=full, format=format, json=json)
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
    if all and (state or cloud is not CloudName.EMBEDDED or options != DEFAULTS):
        raise UsageError(
            "Two choices that exclude each other.",
            "--all previews every environment as a whole, against the state on this machine.",
            hint="give only --json, --format or --expect-no-changes with it.",
        )
    if state and (refresh or save_plan or cloud is not CloudName.EMBEDDED):
        raise UsageError(
            "Two choices that exclude each other.",
            "--state compares with a file: there is no cloud to read, and no state that a plan could be held to.",
            hint="leave out --refresh, --save-plan and --cloud.",
        )


def show_result(
    stack: str,
    result: Result,
    said: list[Diagnostic],
    notes: list[str],
    *,
    details: bool,
    full: bool,
    format: PreviewFormat,
    json: bool,
) -> None:
    """What loses data comes first; then the changes."""
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cli.operations import show_preview
    from mlops_iac.render.markdown import render_markdown
    from mlops_iac.render.pulumi_json import result_json

    if json:
        body = result_json(result, diagnostics=said)
        show_json({**body, **({"notes": notes} if notes else {})})
        return
    if format is PreviewFormat.MARKDOWN:
        show(render_markdown(stack, result, notes=tuple(notes)))
        return
    show_preview(result, details=details, full=full)
    for note in notes:
        say(f"\n  {note}")
