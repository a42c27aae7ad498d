"""``mlops-iac destroy``."""

from __future__ import annotations

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument, YesOption


def destroy(
    stack: StackArgument,
    yes: YesOption = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Destroy an environment to its last resource: what its runs made, its data, then its infrastructure.

    The stack file stays; `up` makes the environment anew.

    Example: mlops-iac destroy screening-dev --yes
    """
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import conclude, confirm, raise_if_stopped, show_preview, watch

    backend = open_backend(stack, cloud)
    preview = backend.destroy(preview=True)
    raise_if_stopped(preview)
    if not yes and not json:
        show_preview(preview)
    confirm(f"Destroy {stack}, with all its data and models?", yes=yes, json=json)
    drain_runs(backend, quiet=json)
    result = watch(lambda on_event: backend.destroy(on_event=on_event), json=json)
    if result.outcome == "succeeded":
        backend.remove()
    conclude(result, json=json)
    if not json:
        say(f"\n{stack} is gone. Its stack file is still in stacks/.")


def drain_runs(backend: object, *, quiet: bool) -> None:
    """Delete what runs made: no engine's state knows it. Nothing to do when the environment never came up."""
    from mlops_iac.backends import Backend
    from mlops_iac.cli.console import say
    from mlops_iac.core.environment import Environment
    from mlops_iac.runs.drain import drain

    live: Backend = backend  # type: ignore[assignment]
    outputs = live.outputs()
    if "data" not in outputs:
        return
    drained = drain(Environment.from_outputs(outputs), live.clients())
    if drained and not quiet:
        say(f"Deleted what runs made: {', '.join(drained)}")
