"""``mlops-iac up``."""

from __future__ import annotations

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument, YesOption


def up(
    stack: StackArgument,
    yes: YesOption = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Create or update an environment. Starts the embedded cloud when it is not running.

    Example: mlops-iac up screening-dev --yes
    """
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import conclude, confirm, raise_if_stopped, show_preview, watch

    backend = open_backend(stack, cloud)
    if not yes:
        preview = backend.preview()
        raise_if_stopped(preview)
        if not json:
            show_preview(preview)
        if preview.changed:
            confirm(f"Go ahead with {stack}?", yes=yes, json=json)
    if not json:
        say(f"Updating {stack} ({backend.place})")
    result = watch(lambda on_event: backend.up(on_event=on_event), json=json)
    conclude(result, json=json)
    if not json:
        say(f"\n{stack} is up. Next: mlops-iac outputs {stack}")
