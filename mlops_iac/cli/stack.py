"""``mlops-iac stack``: the environments of this project."""

from __future__ import annotations

import typer

from mlops_iac.cli.environments import project_root
from mlops_iac.cli.options import JsonOption

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The environments of this project.")


@app.callback()
def stack() -> None:
    """The environments of this project."""


@app.command("list")
def list_all(json: JsonOption = False) -> None:
    """List the environments: those with a stack file, and those deployed on this machine.

    Example: mlops-iac stack list
    """
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.config import list_stacks

    root = project_root()
    written = list_stacks(root)
    deployed = EmbeddedBackend(root, "").store.stacks()
    names = sorted({*written, *deployed})
    rows = [{"stack": name, "file": name in written, "deployed": name in deployed} for name in names]
    if json:
        show_json({"stacks": rows})
        return
    width = max((len(name) for name in names), default=0)
    for row in rows:
        state = "deployed here" if row["deployed"] else "not deployed here"
        show(f"{row['stack']:<{width}}  {state}{'' if row['file'] else '  (no stack file)'}")
    if not rows:
        show("No environments yet. Make one: mlops-iac new")
