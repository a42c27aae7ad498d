"""``mlops-iac env``: the variables by which any AWS client reaches an environment."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_iac.cli.environments import Opened


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def env(
    stack: StackArgument,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="Run this with the variables instead.")
    ] = None,
    shell: Annotated[
        Shell | None, typer.Option("--shell", help="Whose syntax to print; left out: that of $SHELL, else bash's.")
    ] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Print the variables that let any AWS client work on an environment, or run a command with them.

    Example: mlops-iac env screening-dev -- aws s3 ls

    On the embedded cloud they hold a key that opens it; on AWS your own credentials are used.
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.cli.environments import open_environment

    opened = open_environment(stack, cloud)
    from mlops_iac.clients import MISLEADING

    found, misleading = variables(opened), list(MISLEADING) if opened.clients.embedded else []
    if command:
        run(command, found, misleading)
    elif json:
        show_json({"variables": found, "unset": misleading})
    else:
        show("\n".join(lines(found, misleading, shell or _usual_shell())))


def variables(opened: Opened) -> dict[str, str]:
    """Where the cloud is, who asks, and what there is to work on."""
    environment, clients = opened.environment, opened.clients
    found = clients.variables()
    found |= {"MLOPS_IAC_STACK": environment.stack, "MLOPS_IAC_BUCKET": environment.lake.bucket}
    for service in environment.services.values():
        found |= {name: str(value) for name, value in service.client.items() if is_name(name)}
    return found


def is_name(text: str) -> bool:
    """Whether a client profile's key is a variable's name, in any shell."""
    return text.isascii() and text.isidentifier()


def lines(found: Mapping[str, str], unset: list[str], shell: Shell) -> list[str]:
    """As the shell reads them with `eval` or `source`; values are quoted, so that none is read as anything else."""
    import shlex

    if shell is Shell.FISH:
        quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in found.items()}
        return [f"set -e {name}" for name in unset] + [f"set -gx {name} '{value}'" for name, value in quoted.items()]
    return [f"unset {name}" for name in unset] + [
        f"export {name}={shlex.quote(value)}" for name, value in found.items()
    ]


def run(command: list[str], found: Mapping[str, str], unset: list[str]) -> None:
    """Become the command, as `env` does: its signals, its terminal and its exit code are its own."""
    import sys

    from mlops_iac.core.errors import UsageError

    kept = {name: value for name, value in os.environ.items() if name not in unset}
    if "AWS_ENDPOINT_URL" in found:
        kept = {name: value for name, value in kept.items() if not name.startswith("AWS_ENDPOINT_URL_")}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(command[0], command, {**kept, **found})  # noqa: S606 - the person typed it, word by word
    except OSError as error:
        raise UsageError(
            "The command cannot be run.",
            f"{command[0]}: {error.strerror}.",
            hint="name a program that is on your PATH.",
        ) from error


def _usual_shell() -> Shell:
    return Shell.FISH if os.environ.get("SHELL", "").endswith("/fish") else Shell.BASH
