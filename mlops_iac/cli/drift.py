"""``mlops-iac drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ExcludeOption,
    JsonOption,
    ParallelOption,
    StackArgument,
    TargetOption,
    operation_options,
)

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Result


def drift(
    stack: StackArgument,
    target: TargetOption = None,
    exclude: ExcludeOption = None,
    parallel: ParallelOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what was changed behind our back, property by property; exit with 7 when something was.

    Reads every resource and changes nothing, in the cloud or in the state. `up --refresh` mends what it shows.

    Example: mlops-iac drift screening-dev
    """
    from mlops_iac.cli.console import say
    from mlops_iac.core import exit_codes

    options = operation_options(target=target, exclude=exclude, parallel=parallel)
    found = look(open_backend(stack, cloud), options, show_json=json, quiet=json)
    if found.changed:
        if not json:
            say(f"\n`mlops-iac up {stack} --refresh` mends it; `mlops-iac refresh {stack}` accepts it.")
        raise typer.Exit(exit_codes.CHANGES)


def look(backend: Backend, options: Options, *, show_json: bool, quiet: bool) -> Result:
    """Compare the state with the cloud and show what differs. Raises what kept us from looking everywhere."""
    import sys

    from mlops_iac.cli.console import has_color, say, show
    from mlops_iac.cli.console import show_json as show_object
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.render.drift import drift_json, render_drift

    if not quiet:
        say(f"Comparing {backend.stack} with what is there ({backend.place})\n")
    found = backend.refresh(preview=True, options=options)
    raise_if_stopped(found)
    if show_json:
        show_object(drift_json(found))
    elif not quiet:
        show(render_drift(found, color=has_color(sys.stdout)))
    return found
