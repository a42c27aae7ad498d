"""``mlops-iac up``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ContinueOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    ExpectOption,
    JsonOption,
    ParallelOption,
    PlainOption,
    RefreshOption,
    ReplaceOption,
    SkipPreviewOption,
    StackArgument,
    TargetOption,
    YesOption,
    operation_options,
)


def up(
    stack: StackArgument,
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
    parallel: ParallelOption = None,
    continue_on_error: ContinueOption = False,
    expect_no_changes: ExpectOption = False,
    plain: PlainOption = False,
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Create or update an environment. Starts the embedded cloud when it is not running.

    The whole program is checked before the first change, with --yes too: what `preview` refuses changes nothing.

    Example: mlops-iac up screening-dev --yes
    """
    from dataclasses import replace as with_changes

    from mlops_iac.cli.console import say
    from mlops_iac.cli.leaving import refuse_to_lose_runs
    from mlops_iac.cli.operations import conclude, confirm, expect_none, raise_if_stopped, show_preview, watch

    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, replace=replace, refresh=refresh,
        parallel=parallel, continue_on_error=continue_on_error, plan=plan, skip_preview=skip_preview,
    )  # fmt: skip
    backend = open_backend(stack, cloud)
    if not options.is_partial:
        refuse_to_lose_runs(backend, stack)
    if not yes and not skip_preview:
        preview = backend.preview(options=with_changes(options, plan=None))
        raise_if_stopped(preview)
        if not json:
            show_preview(preview)
        if preview.changed:
            confirm(f"Go ahead with {stack}?", yes=yes, json=json)
        options = with_changes(options, skip_preview=True)  # it was just made
    if not json:
        say(f"Updating {stack} ({backend.place})")
    result = watch(
        lambda on_event: backend.up(on_event=on_event, options=options),
        json=json, plain=plain, event_log=event_log,
    )  # fmt: skip
    conclude(result, json=json)
    if not json:
        say(f"\n{stack} is up. Next: mlops-iac outputs {stack}")
    expect_none(result, expect_no_changes)
