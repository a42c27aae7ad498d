"""``mlops-iac adopt``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_iac.adopting.looking import Asked

LAYERS = ("network", "encryption", "data_lake", "registry")


def complete_layers(incomplete: str) -> list[str]:
    return [layer for layer in LAYERS if layer.startswith(incomplete)]


def adopt(
    stack: StackArgument,
    layer: Annotated[
        str,
        typer.Argument(help=f"What it is: {', '.join(LAYERS)}.", autocompletion=complete_layers),
    ],
    name: Annotated[
        str | None,
        typer.Argument(help="A VPC's id; a key's ARN, id or alias; a bucket's or model package group's name."),
    ] = None,
    from_stack: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="STACK", help="In place of a name: what this stack shares, of the blueprint network."
        ),
    ] = None,
    subnet: Annotated[
        list[str] | None,
        typer.Option(
            "--subnet", metavar="ID", help="A subnet of the VPC; may be repeated. Left out: all private ones."
        ),
    ] = None,
    security_group: Annotated[
        str | None,
        typer.Option("--security-group", metavar="ID", help="What jobs wear. Left out: the only one there is."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look, and show what would be written; write nothing.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Let an environment use a layer that is there already, and show what that changes.

    Looks whether it fits, and changes nothing but the stack file. What is adopted is never deleted: `destroy` leaves
    it, and what lies in it.

    Example: mlops-iac adopt screening-dev data_lake screening-archive
    """
    from mlops_iac.adopting.looking import look
    from mlops_iac.adopting.stack_edit import with_adopted
    from mlops_iac.cli import console
    from mlops_iac.cli.adopted import place_of
    from mlops_iac.cli.environments import project_root
    from mlops_iac.config.editing import replace_checked
    from mlops_iac.config.project import get_stack_path
    from mlops_iac.program import load

    root = project_root()
    asked = what_is_asked(layer, name, from_stack, cloud, subnet or (), security_group)
    config = load(root, stack).config
    found = look(place_of(config, cloud), layer, asked)
    path = get_stack_path(root, stack)
    shown = path.relative_to(root).as_posix()
    text, lines = with_adopted(path.read_text(encoding="utf-8"), shown, layer, dict(found.settings))
    if not dry_run:
        replace_checked(path, text, lambda: load(root, stack))
    if json:
        told = {"layer": layer, "settings": dict(found.settings), "cautions": list(found.cautions)}
        console.show_json({"stack": stack, "file": shown, "written": not dry_run, **told})
        return
    console.show("\n".join([f"{shown}{' would have' if dry_run else ''}:", "", *lines]))
    for caution in found.cautions:
        console.say(f"caution: {caution}.")
    if not dry_run:
        console.say("")
        preview(stack, cloud)


def what_is_asked(
    layer: str,
    name: str | None,
    from_stack: str | None,
    cloud: CloudName,
    subnets: Sequence[str],
    security_group: str | None,
) -> Asked:
    """A thing by its name, or by the stack that shares it. Raises UsageError for both and for neither."""
    from mlops_iac.adopting.looking import Asked
    from mlops_iac.adopting.sharing import shared_by
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.core.errors import UsageError

    if (name is None) == (from_stack is None):
        given = "Neither NAME nor --from was given." if name is None else f"`{name}` and --from were both given."
        raise UsageError(
            "It is not said what is to be adopted.",
            given,
            hint="name the thing, or the stack that shares it with --from.",
        )
    if from_stack is None:
        return Asked(name=str(name), subnets=subnets, security_group=security_group)
    shared = shared_by(open_environment(from_stack, cloud).environment, layer)
    return Asked(
        name=shared.name, subnets=subnets or shared.subnets, security_group=security_group or shared.security_group
    )


def preview(stack: str, cloud: CloudName) -> None:
    """What an `up` would do now."""
    from mlops_iac.cli.preview import preview as show

    show(stack=stack, cloud=cloud)
