"""``mlops-iac init``: make a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.options import JsonOption


def complete_examples(incomplete: str) -> list[str]:
    """Shell completion of the examples' names."""
    from mlops_iac.scaffold.example import list_examples

    return [name for name in list_examples() if name.startswith(incomplete)]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder; it is made when it is missing.")] = Path("."),
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help="With this team's code, data and stack file: screening.",
            autocompletion=complete_examples,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a project: the folder that holds stack files and the teams' code. Overwrites nothing.

    Writes Pulumi.yaml, __main__.py, .gitignore and stacks/, so that `pulumi` works there as well.

    Example: mlops-iac init my-project --example screening
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.scaffold.project import new_project

    root = folder.absolute()
    written = [place.as_posix() for place in new_project(root, example)]
    next_commands = following(folder, [place for place in written if place.startswith("stacks/")])
    if json:
        show_json({"project": str(root), "files": written, "next": next_commands})
        return
    show("\n".join(f"Wrote {place}" for place in outline(written)))
    show("\nNext:\n" + "\n".join(f"  {command}" for command in next_commands))


def following(folder: Path, stack_files: list[str]) -> list[str]:
    """What to type next: for the example's stack, or for the first one."""
    enter = [] if folder.absolute() == Path.cwd() else [f"cd {folder}"]
    stacks = [Path(file).name.removeprefix("Pulumi.").removesuffix(".yaml") for file in stack_files]
    commands = [f"mlops-iac {verb} {stack}" for stack in stacks for verb in ("preview", "up")]
    return [*enter, *(commands or ["mlops-iac new"])]


def outline(files: list[str]) -> list[str]:
    """The files, those of an example as their folder."""
    return list(dict.fromkeys("/".join(file.split("/")[:2]) + "/" * (file.count("/") > 1) for file in files))
