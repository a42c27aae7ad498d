"""``mlops-iac state``: single resources of an environment's state, looked at and edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_desk
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, JsonOption, OptionalStackArgument, StackArgument, YesOption
from mlops_iac.cli.stack import path_json, told_backup

if TYPE_CHECKING:
    from collections.abc import Sized

    from mlops_iac.engine.state.record import Record

app = make_group(
    "What is recorded of each resource: list, show, delete, move, unprotect, repair. The cloud is never asked."
)

NamesArgument = Annotated[list[str], typer.Argument(metavar="NAME...", help="Resources, by name or URN.")]
DependentsOption = Annotated[bool, typer.Option("--target-dependents", help="And what stands on them.")]


@app.command("list")
def list_all(
    stack: StackArgument,
    type: Annotated[str, typer.Option("--type", help="Only types that hold this text: s3/bucket.")] = "",
    json: JsonOption = False,
) -> None:
    """List the resources in the state, each after what it needs.

    Example: mlops-iac state list screening-dev --type s3
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.tables import render_table

    records = [record for record in open_desk().store.get(stack).ordered() if type in record.type]
    if json:
        show_json({"stack": stack, "resources": [brief_json(record) for record in records]})
        return
    rows = [(record.name, record.type, record.id or "-", marks(record)) for record in records]
    show(render_table(("name", "type", "id", ""), rows))


@app.command("show")
def show_one(
    stack: StackArgument,
    name: Annotated[str, typer.Argument(help="A resource, by name or URN.")],
    json: JsonOption = False,
) -> None:
    """Show all that is recorded of one resource; secrets are named, not shown.

    Example: mlops-iac state show screening-dev lake-bucket
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.engine.state.edits import find_keys
    from mlops_iac.engine.state.state_file import record_json
    from mlops_iac.engine.state.state_file import show as shown
    from mlops_iac.render.outputs import render_outputs

    snapshot = open_desk().store.get(stack)
    found = [record_json(snapshot.records[key], shown) for key in find_keys(snapshot, [name])]
    if json:
        show_json(found[-1] if len(found) == 1 else {"resources": found})
    else:
        show("\n".join(render_outputs(fields) for fields in found))


@app.command("delete")
def delete(
    stack: StackArgument,
    names: NamesArgument,
    dependents: DependentsOption = False,
    force: Annotated[bool, typer.Option("--force", help="Protected ones too.")] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Forget resources; they stay in the cloud. Refused while something stands on one of them.

    Example: mlops-iac state delete screening-dev lake-policy
    """
    from mlops_iac.cli.operations import confirm
    from mlops_iac.engine.state import edits

    desk = open_desk()
    going = desk.look(stack, lambda state: edits.delete(state, names, dependents=dependents, force=force))
    announce(going, "To be forgotten", json=json)
    confirm(f"Forget {count(going)} of {stack}? They stay in the cloud.", yes=yes, json=json)
    done = desk.edit(stack, lambda state: edits.delete(state, names, dependents=dependents, force=force))
    conclude({"deleted": [record.urn for record in done.answer]}, f"{count(done.answer)} forgotten.", done.backup, json)


@app.command("move")
def move(
    to: Annotated[
        str,
        typer.Option("--to", metavar="STACK|URL", help="The environment that gets them; or file://… or s3://…."),
    ],
    stack: OptionalStackArgument = None,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Resources, by name or URN.")] = None,
    dependents: DependentsOption = False,
    all: Annotated[bool, typer.Option("--all", help="To a URL: every state of this project.")] = False,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Where the state is. Left out: in .mlops-iac, on this machine."),
    ] = None,
    secrets_provider: Annotated[
        str | None,
        typer.Option(
            "--secrets-provider",
            metavar="PROVIDER",
            help="Who is to encrypt the secrets: passphrase, or awskms:///KEY-ARN. Left out: who does.",
        ),
    ] = None,
    cloud: Annotated[CloudName, typer.Option("--cloud", help="Whose buckets and keys are meant.")] = CloudName.EMBEDDED,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Move resources to another environment, or whole states to another backend.

    With names and --to STACK: those resources, and what is inside them. The two programs must change too: otherwise the
    next `up` of one deletes what it no longer names, and `up` of the other makes what it does not know.

    With --to s3://… or file://…: the state itself, into a backend that the Pulumi CLI reads. Both places are held, what
    arrived is read back, the old one is kept as a backup, and nobody goes on with it. Nothing in the cloud changes.

    Example: mlops-iac state move screening-dev --to s3://acme-states/ml?region=eu-west-1 --cloud aws
    """
    from mlops_iac.core.errors import UsageError

    if "://" in to:
        from mlops_iac.cli.state_places import move_states

        if names or dependents:
            detail = f"--to {to} moves whole states, and resources were named."
            raise UsageError("Two choices that exclude each other.", detail, hint="leave the names out.")
        move_states(stack, to, source, all=all, secrets_provider=secrets_provider, cloud=cloud, yes=yes, json=json)
        return
    if not stack or not names or all or source or secrets_provider:
        detail = f"--to {to} names an environment, which gets resources of another: STACK NAME… --to {to}."
        raise UsageError("It is not said what is moved.", detail, hint="name them, or give --to a URL.")
    move_resources(stack, names, to, dependents=dependents, yes=yes, json=json)


def move_resources(stack: str, names: list[str], to: str, *, dependents: bool, yes: bool, json: bool) -> None:
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import confirm

    desk = open_desk()
    planned = desk.look_at_move(stack, names, to, dependents=dependents)
    if not json:
        say(f"To be moved to {to}:\n" + "\n".join(f"  {old}\n    → {new}" for old, new in planned.urns.items()))
        if planned.cut:
            say("Left behind, and no longer named as needed:\n" + "\n".join(f"  {urn}" for urn in planned.cut))
    confirm(f"Move {count(planned.urns)} from {stack} to {to}?", yes=yes, json=json)
    done = desk.move(stack, names, to, dependents=dependents)
    moved, other_backup = done.answer
    fields = {"moved": dict(moved.urns), "cut": list(moved.cut), "otherBackup": path_json(other_backup)}
    conclude(fields, f"{count(moved.urns)} moved; the other's state before: {other_backup}.", done.backup, json)


@app.command("unprotect")
def unprotect(
    stack: StackArgument,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Resources, by name or URN.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Every resource of the environment.")] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Take the protection off resources, so that they can be deleted. The next `up` protects them again.

    Example: mlops-iac state unprotect screening-dev lake-bucket
    """
    from mlops_iac.cli.operations import confirm
    from mlops_iac.core.errors import UsageError
    from mlops_iac.engine.state import edits

    if bool(names) == all:
        given = "Both names and --all were given." if names else "None was named."
        raise UsageError("Which resources?", given, hint="give names, as `state list` shows them, or --all.")
    desk, words = open_desk(), None if all else names
    found = desk.look(stack, lambda state: edits.unprotect(state, words))
    announce(found, "Protected now", json=json)
    if not found:
        conclude({"unprotected": []}, "Nothing of it is protected.", None, json)
        return
    confirm(f"Take the protection off {count(found)} of {stack}?", yes=yes, json=json)
    done = desk.edit(stack, lambda state: edits.unprotect(state, words))
    fields = {"unprotected": [record.urn for record in done.answer]}
    conclude(fields, f"{count(done.answer)} no longer protected.", done.backup, json)


@app.command("repair")
def repair(
    stack: StackArgument,
    forget_pending: Annotated[
        bool, typer.Option("--forget-pending", help="Also forget operations that were cut off; `up` looks them up.")
    ] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Mend a state that does not hold together: missing parents, needs that point nowhere, doubled resources.

    Shows first what it would do. A file that is half or noise is not mended: `stack import` puts a good copy back.

    Example: mlops-iac state repair screening-dev
    """
    from mlops_iac.cli.console import say
    from mlops_iac.cli.operations import confirm

    desk = open_desk()
    found = desk.look_for_repairs(stack, forget_pending=forget_pending)
    if not found:
        conclude({"repairs": []}, "Nothing to repair: the state holds together.", None, json)
        return
    if not json:
        say("\n".join(map(str, found)))
    confirm(f"Repair the state of {stack}?", yes=yes, json=json)
    done = desk.repair(stack, forget_pending=forget_pending)
    fields = {"repairs": [vars(repair) for repair in done.answer]}
    conclude(fields, f"{len(done.answer)} repaired.", done.backup, json)


def announce(records: list[Record], title: str, *, json: bool) -> None:
    from mlops_iac.cli.console import say

    if records and not json:
        say(f"{title}:\n" + "\n".join(f"  {record.urn}" for record in records))


def conclude(fields: dict[str, Any], text: str, backup: Any, json: bool) -> None:
    from mlops_iac.cli.console import say, show_json

    if json:
        show_json({**fields, "backup": path_json(backup)})
    else:
        say(f"{text} {told_backup(backup)}" if backup else text)


def count(things: Sized) -> str:
    return f"{len(things)} resource{'' if len(things) == 1 else 's'}"


def marks(record: Record) -> str:
    words = {
        "protected": record.protect,
        "read only": record.external,
        "to be deleted": record.delete,
        "being replaced": record.pending_replacement,
    }
    return ", ".join(word for word, said in words.items() if said)


def brief_json(record: Record) -> dict[str, Any]:
    fields = {"urn": record.urn, "name": record.name, "type": record.type, "custom": record.custom, "id": record.id}
    return {**fields, "parent": record.parent, "protect": record.protect, "delete": record.delete}
