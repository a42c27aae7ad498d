"""``mlops-iac stack``: the environments of this project, and their state as a whole."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_desk, project_root
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption, OptionalStackArgument, StackArgument, YesOption

if TYPE_CHECKING:
    from mlops_iac.engine.state.snapshot import Snapshot

app = make_group("The environments of this project: list, select, export, import, history, rename, forget.")


@app.command("ls")
def list_all(json: JsonOption = False) -> None:
    """List the environments: those with a stack file, and those deployed on this machine.

    Example: mlops-iac stack ls
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.config import list_stacks
    from mlops_iac.core.ordering import natural
    from mlops_iac.render.tables import render_table

    written, deployed = list_stacks(project_root()), open_desk().store.stacks()
    names = sorted({*written, *deployed}, key=natural)
    if json:
        show_json(
            {"stacks": [{"stack": name, "file": name in written, "deployed": name in deployed} for name in names]}
        )
        return
    rows = [
        (name, "deployed" if name in deployed else "not deployed", "" if name in written else "no stack file")
        for name in names
    ]
    show(render_table(("stack", "on this machine", ""), rows))
    if not rows:
        show("No environments yet. Make one: mlops-iac new")


@app.command("select")
def select(
    stack: OptionalStackArgument = None,
    clear: Annotated[bool, typer.Option("--clear", help="Select none any more.")] = False,
    json: JsonOption = False,
) -> None:
    """Choose the environment that commands work on when none is named; without STACK, say which it is.

    What ends or deletes something never takes it: that is named.

    Example: mlops-iac stack select screening-dev
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cli.selected import find_selected, select_stack

    root = project_root()
    if stack or clear:
        select_stack(root, stack, clear=clear)
    found = find_selected(root)
    if json:
        show_json({"stack": found})
    elif found:
        show(found)
    else:
        say("None is selected. Choose one: mlops-iac stack select screening-dev")


@app.command("export")
def export(
    stack: StackArgument,
    file: Annotated[Path | None, typer.Option("--file", help="Write it there (0600) instead of to stdout.")] = None,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Write secrets in clear.")] = False,
    json: JsonOption = False,
) -> None:
    """Write the whole state as `pulumi stack export` does; `stack import` and the Pulumi CLI read it.

    Example: mlops-iac stack export screening-dev --file screening.json
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.engine.state.files import write_asked_for

    text = open_desk().export(stack, show_secrets=show_secrets)
    if file is None:
        show(text)
        return
    write_asked_for(file, text)
    if json:
        show_json({"stack": stack, "file": str(file)})
    else:
        say(f"Wrote the state of {stack} to {file}.")


@app.command("import")
def import_(
    stack: StackArgument,
    file: Annotated[Path, typer.Option("--file", help="An export, or a copy from backups; `-` is stdin.")] = Path("-"),
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Put an export in the place of the state. It is checked first, and the old state is kept.

    Example: mlops-iac stack import screening-dev --file screening.json
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import confirm

    desk = open_desk()
    if stack not in desk.store.stacks():
        refuse_bad_name(stack)
    text, place = read_text(file)
    count = count_resources(desk.check_import(stack, text, place=place))
    if not json:
        say(f"{place} holds {count} resources of {stack}.")
    confirm(f"Put it in the place of the state of {stack}?", yes=yes, json=json)
    done = desk.import_(stack, text, place=place)
    if json:
        show_json({"stack": stack, "resources": count, "backup": path_json(done.backup)})
    else:
        say(f"Imported. {told_backup(done.backup)}\nNext: mlops-iac drift {stack}")


@app.command("history")
def history(
    stack: StackArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Operations to show, the newest first.")] = 10,
    json: JsonOption = False,
) -> None:
    """Show what was done to an environment, the newest first.

    Example: mlops-iac stack history screening-dev
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.tables import render_table

    entries = open_desk().store.histories(stack)[:limit]
    if json:
        show_json({"stack": stack, "history": entries})
    else:
        show(
            render_table(("when (UTC)", "what", "took", "result", "changes"), [history_row(entry) for entry in entries])
        )


@app.command("rename")
def rename(
    stack: StackArgument,
    name: Annotated[str, typer.Argument(help="The new name.")],
    force: Annotated[bool, typer.Option("--force", help="Even when resources are named after it.")] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Give an environment another name: in its state and its history. Its stack file you rename yourself.

    Refused when its resources are named after it, as those of blueprints are: the next `up` would replace them.

    Example: mlops-iac stack rename screening-dev scoring-dev
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import confirm
    from mlops_iac.core.errors import UsageError

    desk = open_desk()
    desk.store.get(stack)
    refuse_bad_name(name)
    if name in desk.store.stacks():
        raise UsageError(
            "The name is taken.", f"There is an environment `{name}` already.", hint="choose another, or `stack rm` it."
        )
    if not force:
        refuse_named_after(desk.store.get(stack), stack, name)
    confirm(f"Rename {stack} to {name}?", yes=yes, json=json)
    backup = desk.store.rename(stack, name)
    file = {"from": f"stacks/Pulumi.{stack}.yaml", "to": f"stacks/Pulumi.{name}.yaml"}
    if json:
        show_json({"stack": name, "was": stack, "backup": path_json(backup), "file": file})
        return
    say(f"{stack} is {name} now. {told_backup(backup)}")
    say(f"Rename its file too: mv {file['from']} {file['to']}")
    say("What exists keeps its physical names: with another team or environment in the file, `up` replaces it.")


@app.command("rm")
def remove(
    stack: StackArgument,
    force: Annotated[bool, typer.Option("--force", help="Even when it has resources; they stay in the cloud.")] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Forget an environment that has no resources left. The cloud is not asked, and the stack file stays.

    Example: mlops-iac stack rm screening-dev
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import confirm

    store = open_desk().store
    left = count_resources(store.get(stack))
    warning = f", which has {left} resources that stay in the cloud" if left and force else ""
    if force or not left:
        confirm(f"Forget {stack}{warning}?", yes=yes, json=json)
    backup = store.remove(stack, force=force)
    if json:
        show_json({"stack": stack, "resources": left, "backup": path_json(backup)})
    else:
        say(f"{stack} is forgotten. {told_backup(backup)}")


def refuse_named_after(snapshot: Snapshot, stack: str, name: str) -> None:
    """Raise StateError when a rename would have everything replaced, data and models included."""
    from mlops_iac.core.errors import StateError
    from mlops_iac.engine.state.edits import named_after

    named = named_after(snapshot, stack)
    if named:
        shown = "\n".join(f"{record.id} ({record.name})" for record in named[:5])
        more = f"\n… and {len(named) - 5} more" if len(named) > 5 else ""
        raise StateError(
            "Its resources carry its name.",
            f"{len(named)} of its resources are named after `{stack}`. In `{name}` the next `up` would make others in"
            f" their place and delete these, with what they hold:\n{shown}{more}\nNothing was changed.",
            hint=f"make `{name}` beside it with `mlops-iac new`, put its data and run its pipelines there, then"
            f" `mlops-iac destroy {stack}`. With --force the state is renamed all the same.",
        )


def refuse_bad_name(name: str) -> None:
    """Of an environment that is new to this machine: its name becomes the name of files, so it holds no path."""
    from mlops_iac.config.names import check_stack
    from mlops_iac.core.errors import UsageError

    wrong = check_stack(name)
    if wrong:
        raise UsageError("Not a name for an environment.", f"`{name}`: {wrong}", hint="for example `screening-dev`.")


def read_text(file: Path) -> tuple[str, str]:
    """A file's text, and how it is named in messages."""
    from mlops_iac.core.errors import UsageError

    if str(file) == "-":
        return sys.stdin.read(), "stdin"
    try:
        return file.read_text("utf-8"), str(file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError("The file cannot be read.", f"{file}: {why}.", hint="check the path.") from error


def count_resources(snapshot: Snapshot) -> int:
    """As Pulumi counts them: default providers are not counted."""
    return sum(not record.is_default_provider for record in snapshot)


def history_row(entry: dict[str, Any]) -> tuple[str, str, str, str, str]:
    start, end = entry.get("startTime"), entry.get("endTime")
    when = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d %H:%M:%S") if isinstance(start, int) else ""
    took = f"{end - start} s" if isinstance(start, int) and isinstance(end, int) else ""
    changes = ", ".join(f"{count} {op}" for op, count in (entry.get("resourceChanges") or {}).items())
    return when, str(entry.get("kind", "")), took, str(entry.get("result", "")), changes


def told_backup(backup: Path | None) -> str:
    return f"The state from before: {backup}" if backup else "There was no state before."


def path_json(path: Path | None) -> str | None:
    return None if path is None else str(path)
