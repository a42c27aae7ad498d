"""``mlops-iac refresh``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument, YesOption


def refresh(
    stack: StackArgument,
    yes: YesOption = False,
    preview_only: Annotated[
        bool, typer.Option("--preview-only", help="Show what was changed behind our back; record nothing.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Record in the state what the cloud says now. Changes nothing in the cloud.

    Example: mlops-iac refresh screening-dev --preview-only
    """
    from mlops_iac.cli.operations import conclude, confirm, raise_if_stopped, show_preview, watch

    backend = open_backend(stack, cloud)
    if preview_only or not yes:
        found = backend.refresh(preview=True)
        raise_if_stopped(found)
        if not json:
            show_preview(found)
        if preview_only:
            if json:
                from mlops_iac.cli.console import show_json
                from mlops_iac.render.pulumi_json import result_json

                show_json(result_json(found))
            return
        if not found.changed:
            return
        confirm(f"Record this in the state of {stack}?", yes=yes, json=json)
    conclude(watch(lambda on_event: backend.refresh(on_event=on_event), json=json), json=json)
