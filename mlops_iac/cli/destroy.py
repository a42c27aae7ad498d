"""``mlops-iac destroy``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.auditing import MessageOption, with_reason
from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ContinueOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    JsonOption,
    OptionalStackArgument,
    ParallelOption,
    PlainOption,
    RefreshOption,
    TargetOption,
    YesOption,
    operation_options,
)


def destroy(
    stack: OptionalStackArgument = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="Every environment whose `expires` is over, and no other.")
    ] = False,
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Leave lake, registry, images and key; `up` takes them again.")
    ] = False,
    save_plan: Annotated[
        Path | None, typer.Option("--save-plan", metavar="FILE", help="Only write down what would be deleted.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Delete what this saved plan says, and nothing else.")
    ] = None,
    yes: YesOption = False,
    target: TargetOption = None,
    target_dependents: DependentsOption = False,
    exclude: ExcludeOption = None,
    refresh: RefreshOption = False,
    parallel: ParallelOption = None,
    continue_on_error: ContinueOption = False,
    message: MessageOption = "",
    plain: PlainOption = False,
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Destroy an environment to its last resource: what its runs made, its data, then its infrastructure.

    Then the cloud is asked what is left, by tag and by name; exits with 1 and the list when there is something.
    With `review: two-persons` it takes a plan that somebody else has approved: --save-plan, `plan approve`, --plan.
    The stack file stays; `up` makes the environment anew. With --target or --exclude what runs made stays too.

    Example: mlops-iac destroy screening-dev --yes
    """
    from mlops_iac.cli.destroy_expired import destroy_expired
    from mlops_iac.cli.destroy_plan import save_destroy_plan, with_plan
    from mlops_iac.cli.ending import Ending, tell_ended

    check(
        stack, expired=expired, keep_data=keep_data, partial=bool(target or exclude), event_log=event_log,
        plans=[one for one in (save_plan, plan) if one],
    )  # fmt: skip
    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, refresh=refresh, parallel=parallel,
        continue_on_error=continue_on_error,
    )  # fmt: skip
    how = Ending(options=options, keep_data=keep_data, plain=plain, event_log=event_log, json=json)
    if stack is None:
        destroy_expired(how, cloud, message, yes=yes)
        return
    backend = open_backend(stack, cloud)
    how = how.of(backend, with_reason(options, backend.root, message))
    if save_plan:
        save_destroy_plan(how, save_plan, cloud)
        return
    how = with_plan(how, plan, cloud)
    how.foresee(yes=yes)
    tell_ended(how, how.carry_out())


def check(
    stack: str | None,
    *,
    expired: bool,
    keep_data: bool,
    partial: bool,
    event_log: Path | None,
    plans: Sequence[Path] = (),
) -> None:
    """Raise UsageError for what cannot be wanted at once. An environment that ends is always said by its name."""
    from mlops_iac.core.errors import UsageError

    if stack is None and not expired:
        detail = "`destroy` takes the name of a stack, or --expired, and guesses neither."
        raise UsageError("No environment is named.", detail, hint="`mlops-iac status` lists them.")
    if stack and expired:
        detail = f"`{stack}` and --expired were both given."
        raise UsageError("Two choices that exclude each other.", detail, hint="give one of them.")
    if expired and event_log:
        detail = "--event-log is about one environment; --expired may find several."
        raise UsageError("Two choices that exclude each other.", detail, hint="leave one of them out.")
    if plans and (expired or len(plans) > 1):
        detail = "--save-plan, --plan and --expired exclude each other: a plan is of one environment."
        raise UsageError("Two choices that exclude each other.", detail, hint="give one of them.")
    if partial and (keep_data or expired):
        detail = "--keep-data and --expired are about whole environments; --target and --exclude name resources."
        raise UsageError("Two choices that exclude each other.", detail, hint="leave one of them out.")
