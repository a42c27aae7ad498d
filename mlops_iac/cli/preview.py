"""``mlops-iac preview``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument


def preview(
    stack: StackArgument,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit with 7 when there are changes.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what would change, layer by layer, and change nothing.

    Works before anything is running, and needs no account.

    Example: mlops-iac preview screening-dev
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import raise_if_stopped, show_preview
    from mlops_iac.core import exit_codes
    from mlops_iac.render.pulumi_json import result_json

    backend = open_backend(stack, cloud)
    if not json:
        say(f"Previewing {stack} ({backend.place})\n")
    result = backend.preview()
    raise_if_stopped(result)
    if json:
        show_json(result_json(result))
    else:
        show_preview(result)
    if expect_no_changes and result.changed:
        raise typer.Exit(exit_codes.CHANGES)
