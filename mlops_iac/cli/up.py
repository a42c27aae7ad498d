"""``mlops-iac up``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.auditing import MessageOption, with_reason
from mlops_iac.cli.environments import open_backend, project_root
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ContinueOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    ExpectOption,
    JsonOption,
    OptionalStackArgument,
    ParallelOption,
    PlainOption,
    RefreshOption,
    ReplaceOption,
    SkipPreviewOption,
    TargetOption,
    YesOption,
    operation_options,
)
from mlops_iac.cli.waiting import WaitOption, in_turn


def up(
    stack: OptionalStackArgument = None,
    all: Annotated[bool, typer.Option("--all", help="Every environment in stacks/, one after the other.")] = False,
    yes: YesOption = False,
    skip_preview: SkipPreviewOption = False,
    target: TargetOption = None,
    target_dependents: DependentsOption = False,
    exclude: ExcludeOption = None,
    replace: ReplaceOption = None,
    refresh: RefreshOption = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Carry out this saved plan and nothing else."),
    ] = None,
    wait: WaitOption = 0,
    parallel: ParallelOption = None,
    continue_on_error: ContinueOption = False,
    message: MessageOption = "",
    expect_no_changes: ExpectOption = False,
    plain: PlainOption = False,
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Create or update an environment, or all. Starts the embedded cloud when it is not running.

    The whole program is checked before the first change, with --yes too: what `preview` or a policy refuses changes
    nothing.

    Example: mlops-iac up screening-dev --yes
    """
    from dataclasses import replace as with_changes

    from mlops_iac.cli.adopted import refuse_unfit
    from mlops_iac.cli.console import say
    from mlops_iac.cli.everywhere import refuse_with_all, stacks_to_do
    from mlops_iac.cli.leaving import deployed, refuse_to_lose_runs
    from mlops_iac.cli.locked import refuse_to_delete_locked
    from mlops_iac.cli.operations import (
        conclude,
        confirm,
        expect_none,
        raise_if_stopped,
        refuse_by_policy,
        show_preview,
        watch,
    )
    from mlops_iac.cli.policy import show_findings
    from mlops_iac.cli.reviewing import review_of
    from mlops_iac.cli.two_persons import with_two
    from mlops_iac.cli.up_all import up_all

    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, replace=replace, refresh=refresh,
        parallel=parallel, continue_on_error=continue_on_error, plan=plan, skip_preview=skip_preview,
    )  # fmt: skip
    stacks = stacks_to_do(project_root(), stack, all=all)
    if all:
        refuse_with_all(options, event_log)
        up_all(
            project_root(), options, cloud, message,
            wait=wait, yes=yes, plain=plain, expect_no_changes=expect_no_changes, json=json,
        )  # fmt: skip
        return
    stack = stacks[0]
    backend = open_backend(stack, cloud)
    options = with_two(with_reason(options, backend.root, message), backend.root, stack, cloud)
    standing = deployed(backend)
    if not options.is_partial:
        refuse_to_lose_runs(backend, stack, standing)
    refuse_unfit(stack, cloud)
    refuse_to_delete_locked(backend, options, standing)
    if not yes and not skip_preview:
        preview = backend.preview(options=with_changes(options, plan=None))
        raise_if_stopped(preview)
        if not json:
            show_preview(preview, review_of(backend.root, stack, preview))
            show_findings(preview.policy)
        refuse_by_policy(preview)
        if preview.changed:
            confirm(f"Go ahead with {stack}?", yes=yes, json=json)
        options = with_changes(options, skip_preview=True)  # it was just made
    if not json:
        say(f"Updating {stack} ({backend.place})")
    result = in_turn(
        lambda: watch(
            lambda on_event: backend.up(on_event=on_event, options=options),
            json=json, plain=plain, event_log=event_log,
        ),
        wait,
    )  # fmt: skip
    conclude(result, json=json)
    if not json:
        say(f"\n{stack} is up. Next: mlops-iac outputs {stack}")
    expect_none(result, expect_no_changes)
