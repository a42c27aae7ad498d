"""``mlops-iac completion``: a completion script for the shell."""

from __future__ import annotations

from enum import StrEnum

from mlops_iac.cli.console import show


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Shell) -> None:
    """Print a completion script for bash, zsh or fish.

    Example: mlops-iac completion bash >> ~/.bashrc
    """
    from typer._completion_shared import get_completion_script

    show(get_completion_script(prog_name="mlops-iac", complete_var="_MLOPS_IAC_COMPLETE", shell=shell.value))
