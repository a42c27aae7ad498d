"""``mlops-iac pipeline from-notebook``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.options import JsonOption


def from_notebook(
    notebook: Annotated[Path, typer.Argument(metavar="NOTEBOOK", help="A notebook in a team's code folder.")],
    name: Annotated[str, typer.Option("--name", help="Of the pipeline.  [default: the notebook's]")] = "",
    data: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=PREFIX", help="Where in the lake an input is.  [default: raw/]"),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write a pipeline anew that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Make a pipeline of a notebook: its tagged cells become parameters, inputs and outputs of a run.

    A cell tagged `parameters` assigns what a run may say otherwise, one tagged `inputs` the folders that the notebook
    reads, one tagged `outputs` those that it writes. The notebook stays where it is; nothing of it is run.

    Example: mlops-iac pipeline from-notebook examples/vintage/wines.ipynb --input wines=raw/wines/
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.scaffold.notebook_pipeline import draft

    drafted = draft(project_root(), notebook, name, _pairs(data or []))
    _refuse_secrets(notebook)
    files = drafted.save(replace=replace)
    commands = [f"mlops-iac up {stack}" for stack in drafted.stacks[:1]]
    commands += [f"mlops-iac run {stack} {drafted.name} --follow" for stack in drafted.stacks[:1]]
    if json:
        show_json({"pipeline": drafted.name, "files": files, "notes": list(drafted.notes), "next": commands})
        return
    say("\n".join(f"Wrote {file}" for file in files))
    for note in drafted.notes:
        say(f"Note: {note}")
    say("\n".join(["Next:", *(f"  {command}" for command in commands)]))


def _pairs(given: list[str]) -> dict[str, str]:
    from mlops_iac.core.errors import UsageError

    for one in given:
        if "=" not in one:
            detail = f"Value given: --input {one}. It is written NAME=PREFIX."
            raise UsageError("An input is incomplete.", detail, hint="for example --input data=raw/sales/.")
    return {name: prefix for name, _, prefix in (one.partition("=") for one in given)}


def _refuse_secrets(notebook: Path) -> None:
    """What a cell says becomes part of a file, and what it showed would travel with the code."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.secrets import find_in_content, problems_of

    if found := list(find_in_content(notebook.name, notebook.read_bytes())):
        raise UsageError.of(problems_of(found, notebook.parent.as_posix()))
