"""``mlops-iac destroy``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ContinueOption,
    DependentsOption,
    EventLogOption,
    ExcludeOption,
    JsonOption,
    ParallelOption,
    PlainOption,
    RefreshOption,
    StackArgument,
    TargetOption,
    YesOption,
    operation_options,
)

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.engine.event import Result


def destroy(
    stack: StackArgument,
    yes: YesOption = False,
    target: TargetOption = None,
    target_dependents: DependentsOption = False,
    exclude: ExcludeOption = None,
    refresh: RefreshOption = False,
    parallel: ParallelOption = None,
    continue_on_error: ContinueOption = False,
    plain: PlainOption = False,
    event_log: EventLogOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Destroy an environment to its last resource: what its runs made, its data, then its infrastructure.

    The stack file stays; `up` makes the environment anew. With --target or --exclude what runs made stays too.

    Example: mlops-iac destroy screening-dev --yes
    """
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import conclude, confirm, raise_if_stopped, show_preview, watch

    options = operation_options(
        target=target, target_dependents=target_dependents, exclude=exclude, refresh=refresh, parallel=parallel,
        continue_on_error=continue_on_error,
    )  # fmt: skip
    backend = open_backend(stack, cloud)
    preview = backend.destroy(preview=True, options=options)
    raise_if_stopped(preview)
    if not yes and not json:
        show_preview(preview)
    what = f"this part of {stack}" if options.is_partial else f"{stack}, with all its data and models"
    confirm(f"Destroy {what}?", yes=yes, json=json)
    drain = None if options.is_partial else find_drain(backend, quiet=json)
    if drain:
        drain()

    def delete() -> Result:
        return watch(
            lambda on_event: backend.destroy(on_event=on_event, options=options),
            json=json, plain=plain, event_log=event_log,
        )  # fmt: skip

    result = delete()
    if drain and result.outcome != "cancelled" and drain() and result.outcome == "failed":
        result = delete()  # what a trigger or a person began meanwhile was in the way
    if result.outcome == "succeeded" and not options.is_partial:
        backend.remove()
    conclude(result, json=json, verb="destroy")
    if not json:
        say(f"\n{ending(stack, partial=options.is_partial)}")


def ending(stack: str, *, partial: bool) -> str:
    if partial:
        return f"That part of {stack} is gone. `mlops-iac up {stack}` makes it anew."
    return f"{stack} is gone. Its stack file is still in stacks/."


def find_drain(backend: Backend, *, quiet: bool) -> Callable[[], bool] | None:
    """What deletes what runs made, which no engine's state knows, also when the environment itself is gone, and answers
    whether there was anything; None when that never came up."""
    from mlops_iac.cli.console import say
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.runs.drain import drain

    outputs = backend.outputs()
    if not is_complete(outputs):
        return None
    environment, clients = Environment.from_outputs(outputs), backend.clients()

    def delete() -> bool:
        drained = drain(environment, clients)
        if drained and not quiet:
            say(f"Deleted what runs made: {', '.join(drained)}")
        return bool(drained)

    return delete
