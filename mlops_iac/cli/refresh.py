"""``mlops-iac refresh``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.auditing import MessageOption, with_reason
from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    ExpectOption,
    JsonOption,
    ParallelOption,
    PlainOption,
    TargetOption,
    YesOption,
    operation_options,
)
from mlops_iac.cli.selected import SelectedStackArgument


def refresh(
    stack: SelectedStackArgument,
    yes: YesOption = False,
    preview_only: Annotated[
        bool, typer.Option("--preview-only", help="Show what was changed behind our back; record nothing.")
    ] = False,
    target: TargetOption = None,
    target_dependents: DependentsOption = False,
    exclude: ExcludeOption = None,
    parallel: ParallelOption = None,
    message: MessageOption = "",
    expect_no_changes: ExpectOption = False,
    plain: PlainOption = False,
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Record in the state what the cloud says now. Changes nothing in the cloud.

    Example: mlops-iac refresh screening-dev --preview-only
    """
    from mlops_iac.cli.drift import look
    from mlops_iac.cli.operations import conclude, confirm, expect_none, watch

    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, parallel=parallel
    )  # fmt: skip
    backend = open_backend(stack, cloud)
    options = with_reason(options, backend.root, message)
    if preview_only or not yes:
        found = look(backend, options, show_json=json and preview_only, quiet=json)
        if not preview_only and not found.changed and json:
            conclude(found, json=True, verb="refresh")
        if preview_only or not found.changed:
            expect_none(found, expect_no_changes)
            return
        confirm(f"Record this in the state of {stack}?", yes=yes, json=json)
    result = watch(
        lambda on_event: backend.refresh(on_event=on_event, options=options),
        json=json, plain=plain, event_log=event_log,
    )  # fmt: skip
    conclude(result, json=json, verb="refresh")
    expect_none(result, expect_no_changes)
