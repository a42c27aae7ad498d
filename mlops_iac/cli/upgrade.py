"""``mlops-iac upgrade``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_backend, project_root
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, YesOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_iac.engine.event import Result
    from mlops_iac.render.stateful import Loss
    from mlops_iac.upgrading.upgrade import Upgrade


def upgrade(
    stack: SelectedStackArgument,
    to: Annotated[
        int | None,
        typer.Option("--to", min=1, metavar="VERSION", help="Of the blueprint. Left out: the latest that is here."),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show it all, and write nothing.")] = False,
    replace: Annotated[
        list[str] | None,
        typer.Option(
            "--replace", metavar="NAME", help="Allow that this is replaced or deleted, with its data; may be repeated."
        ),
    ] = None,
    yes: YesOption = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Write a stack file for a newer version of its blueprint, so that it means what it meant.

    Shows first what changes in the file and what an `up` would do then; refused where that would replace or delete
    what holds data. Resources are changed by the next `up`, not by this.

    Example: mlops-iac upgrade screening-dev --preview
    """
    from mlops_iac.cli.operations import confirm, foresee, raise_if_stopped
    from mlops_iac.core import exit_codes
    from mlops_iac.core.notices import listen
    from mlops_iac.upgrading.upgrade import plan_upgrade, refuse, refused_losses

    listen(lambda text: None)  # that the file is of an older version is what this is about
    planned = plan_upgrade(project_root(), stack, to)
    backend = open_backend(stack, cloud)
    result, _ = foresee(lambda on_event: backend.preview(on_event=on_event), json=json)
    raise_if_stopped(result)
    lost = refused_losses(result, replace or ())
    if json and (preview or lost or not planned.is_needed):
        tell_json(planned, result, lost)
    elif not json:
        show(planned, result)
    if lost:
        if json:  # the object says which
            raise typer.Exit(exit_codes.ERROR)
        raise refuse(planned, lost)
    if preview or not planned.is_needed:
        return
    confirm(f"Write {planned.file} for {planned.config.blueprint} {planned.to}?", yes=yes, json=json)
    kept = planned.carry_out()
    if json:
        tell_json(planned, result, lost, written=True, kept=str(kept))
    else:
        tell_written(planned, str(kept.relative_to(planned.config.root)))


def show(planned: Upgrade, result: Result) -> None:
    """The file first, then the resources."""
    from mlops_iac.cli.console import say
    from mlops_iac.cli.console import show as show_text
    from mlops_iac.cli.operations import show_preview
    from mlops_iac.cli.policy import show_findings
    from mlops_iac.cli.reviewing import review_of

    config = planned.config
    if planned.is_needed:
        say(f"{planned.stack}: {config.blueprint} {config.blueprint_version} → {planned.to}\n")
        for why in planned.why:
            say(f"  {why}")
        say("")
        show_text(planned.diff())
        for told in planned.told:
            say(f"  {told}")
    else:
        say(f"{planned.file} is written for {config.blueprint} {planned.to}, as asked: nothing to write.")
    say("\nWhat an `up` would do:\n")
    show_preview(result, review_of(config.root, planned.stack, result))
    show_findings(result.policy)


def tell_written(planned: Upgrade, kept: str) -> None:
    from mlops_iac.cli.console import say

    say(f"\n{planned.file} is written for {planned.config.blueprint} {planned.to}. The file of before: {kept}")
    say(f"Next: mlops-iac up {planned.stack}")


def tell_json(
    planned: Upgrade, result: Result, lost: Sequence[Loss], *, written: bool = False, kept: str | None = None
) -> None:
    from mlops_iac.cli.console import show_json
    from mlops_iac.render.pulumi_json import result_json

    config = planned.config
    show_json(
        {
            "stack": planned.stack,
            "file": planned.file,
            "blueprint": config.blueprint,
            "from": config.blueprint_version,
            "to": planned.to,
            "diff": planned.diff(),
            "told": list(planned.told),
            "refused": [loss.to_json() for loss in lost],
            "written": written,
            "backup": kept,
            "preview": result_json(result),
        }
    )
