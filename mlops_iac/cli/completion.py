"""``mlops-iac completion``, ``--show-completion`` and ``--install-completion``: completion in the shell."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlops_iac.cli.options import JsonOption

PROGRAM, VARIABLE = "mlops-iac", "_MLOPS_IAC_COMPLETE"
"""What is completed, and the variable by which a shell asks for it."""


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Shell,
    install: Annotated[
        bool, typer.Option("--install", help="Write it to where the shell looks, instead of printing it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print a completion script for bash, zsh or fish.

    Commands, options and the names of environments are completed.

    Example: mlops-iac completion bash --install
    """
    from mlops_iac.cli.console import show_json

    if install:
        install_completion(shell.value, json=json)
    elif json:
        show_json({"shell": shell.value, "script": completion_script(shell.value)})
    else:
        show_completion(shell.value)


def completion_script(shell: str) -> str:
    from typer._completion_shared import get_completion_script

    return get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)


def show_completion(shell: str) -> None:
    from mlops_iac.cli.console import show

    show(completion_script(shell))


def install_completion(shell: str, *, json: bool = False) -> None:
    """Write the script under the person's home, and the line that loads it into the shell's own file."""
    from typer import _completion_shared as shared

    from mlops_iac.cli.console import say, show_json
    from mlops_iac.core.errors import MlopsError

    write = {"bash": shared.install_bash, "zsh": shared.install_zsh, "fish": shared.install_fish}[shell]
    try:
        path = write(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)
    except OSError as error:
        raise MlopsError(
            "Completion could not be installed.", f"{error.filename}: {error.strerror}.",
            hint=f"`{PROGRAM} completion {shell}` prints the script; put it where your shell finds it.",
        ) from error  # fmt: skip
    if json:
        show_json({"shell": shell, "file": str(path)})
    else:
        say(f"Completion for {shell} is in {path}. Open a new shell to use it.")
