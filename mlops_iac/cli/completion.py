"""``mlops-iac completion``, ``--show-completion`` and ``--install-completion``: completion in the shell."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

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
) -> None:
    """Print a completion script for bash, zsh or fish.

    Commands, options and the names of environments are completed.

    Example: mlops-iac completion bash --install
    """
    if install:
        install_completion(shell.value)
    else:
        show_completion(shell.value)


def show_completion(shell: str) -> None:
    from typer._completion_shared import get_completion_script

    from mlops_iac.cli.console import show

    show(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell))


def install_completion(shell: str) -> None:
    """Write the script under the person's home, and the line that loads it into the shell's own file."""
    from typer import _completion_shared as shared

    from mlops_iac.cli.console import say
    from mlops_iac.core.errors import MlopsError

    write = {"bash": shared.install_bash, "zsh": shared.install_zsh, "fish": shared.install_fish}[shell]
    try:
        path = write(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)
    except OSError as error:
        raise MlopsError(
            "Completion could not be installed.", f"{error.filename}: {error.strerror}.",
            hint=f"`{PROGRAM} completion {shell}` prints the script; put it where your shell finds it.",
        ) from error  # fmt: skip
    say(f"Completion for {shell} is in {path}. Open a new shell to use it.")
