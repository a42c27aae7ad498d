"""``mlops-iac drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_backend, project_root
from mlops_iac.cli.options import (
    CloudName,
    CloudOption,
    ExcludeOption,
    JsonOption,
    OptionalStackArgument,
    ParallelOption,
    TargetOption,
    operation_options,
)

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Result


def drift(
    stack: OptionalStackArgument = None,
    all: Annotated[bool, typer.Option("--all", help="Every environment that is deployed.")] = False,
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
    from mlops_iac.cli.everywhere import refuse_with_all, stacks_to_do
    from mlops_iac.core import exit_codes

    options = operation_options(target=target, exclude=exclude, parallel=parallel)
    stacks = stacks_to_do(project_root(), stack, all=all)
    if all:
        refuse_with_all(options)
        drift_all(project_root(), options, cloud, json=json)
        return
    stack = stacks[0]
    found = look(open_backend(stack, cloud), options, show_json=json, quiet=json)
    if found.changed:
        if not json:
            say(f"\n`mlops-iac up {stack} --refresh` mends it; `mlops-iac refresh {stack}` accepts it.")
        raise typer.Exit(exit_codes.CHANGES)


def drift_all(root: Path, options: Options, cloud: CloudName, *, json: bool) -> None:
    """Of what is on this machine, only what is deployed; of AWS, what has a stack file. Leaves with 7 when something
    was changed anywhere, and with an error's code when one could not be looked at."""
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.cli.everywhere import over_all
    from mlops_iac.config import list_stacks
    from mlops_iac.render.drift import drift_json

    def act(stack: str) -> tuple[Result, dict[str, Any]]:
        found = look(open_backend(stack, cloud), options, show_json=False, quiet=json)
        return found, drift_json(found)

    embedded = cloud is CloudName.EMBEDDED
    stacks = EmbeddedBackend(root, "").store.stacks() if embedded else list_stacks(root)
    columns = {"update": "changed", "delete": "gone", "same": "as recorded"}
    over_all(stacks, act, json=json, expect_none=True, columns=columns)


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
