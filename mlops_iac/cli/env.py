"""``mlops-iac env``: the variables by which any AWS client reaches an environment."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops_iac.cli.environments import Opened
    from mlops_iac.core.errors import UsageError


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
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Print the secrets of external systems too; a command has them anyway.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Print the variables that let any AWS client work on an environment, or run a command with them.

    Example: mlops-iac env screening-dev -- aws s3 ls

    On the embedded cloud they hold a key that opens it; on AWS your own credentials are used. Clients of external
    systems find theirs too; their secrets are read from AWS Secrets Manager when a command is run.
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cli.environments import open_environment

    opened = open_environment(stack, cloud)
    from mlops_iac.clients import MISLEADING

    found, misleading = variables(opened), list(MISLEADING) if opened.clients.embedded else []
    if command:
        run_with_secrets(command, opened, found, misleading)
        return
    for line in add_secrets(opened, found) if secrets else ():
        say(line)
    if json:
        show_json({"variables": found, "unset": misleading})
    else:
        show("\n".join(lines(found, misleading, shell or _usual_shell())))
    if not secrets:
        _tell_what_is_left_out(opened)


def variables(opened: Opened) -> dict[str, str]:
    """Where the cloud is, who asks, and what there is to work on."""
    from mlops_iac.core.api_address import address_of
    from mlops_iac.core.environment import LAKE

    environment, clients = opened.environment, opened.clients
    found = clients.variables()
    found |= {"MLOPS_IAC_STACK": environment.stack}
    if LAKE in environment.stores:
        found |= {"MLOPS_IAC_BUCKET": environment.lake.bucket}
    for service in environment.services.values():
        found |= {name: str(value) for name, value in service.client.items() if is_name(name)}
    if "MLOPS_IAC_API" in found:
        found["MLOPS_IAC_API"] = address_of(found["MLOPS_IAC_API"], clients.endpoint)
    return found


def add_secrets(opened: Opened, found: dict[str, str], folder: Path | None = None) -> list[str]:
    """Secrets of external systems as variables; answers what cannot be had, for the person."""
    from mlops_iac.runs.external import read_secrets, reasons, with_secrets

    if not with_secrets(opened.environment):
        return []
    read = read_secrets(opened.environment, opened.clients, folder)
    found |= read.variables
    return [*reasons(read)]


def run_with_secrets(command: list[str], opened: Opened, found: dict[str, str], unset: list[str]) -> None:
    """Become the command; where its client reads a secret as a file, be its parent, and take the file away after it."""
    import tempfile
    from pathlib import Path

    from mlops_iac.cli.console import say
    from mlops_iac.runs.external import has_files

    if not has_files(opened.environment):
        for line in add_secrets(opened, found):
            say(line)
        run(command, found, unset)
        return
    with tempfile.TemporaryDirectory(prefix="mlops-iac-") as folder:
        for line in add_secrets(opened, found, Path(folder)):
            say(line)
        status = run_beside(command, found, unset)
    raise typer.Exit(status)


def _tell_what_is_left_out(opened: Opened) -> None:
    from mlops_iac.cli.console import say
    from mlops_iac.runs.external import with_secrets

    if names := ", ".join(with_secrets(opened.environment)):
        say(f"Without the secrets of {names}: `-- COMMAND` runs with them, `--secrets` prints them.")


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

    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(command[0], command, _environment(found, unset))  # noqa: S606 - the person typed it, word by word
    except OSError as error:
        raise _cannot_run(command, error) from error


def run_beside(command: list[str], found: Mapping[str, str], unset: list[str]) -> int:
    """The command's exit code. What is typed to stop it is for it alone."""
    import signal
    import subprocess

    try:
        process = subprocess.Popen(command, env=_environment(found, unset))
    except OSError as error:
        raise _cannot_run(command, error) from error
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number)),
    }
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - status if status < 0 else status


def _environment(found: Mapping[str, str], unset: list[str]) -> dict[str, str]:
    """This process's own variables, without those that would lead elsewhere, and those that were found."""
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    if "AWS_ENDPOINT_URL" in found:
        kept = {name: value for name, value in kept.items() if not name.startswith("AWS_ENDPOINT_URL_")}
    return {**kept, **found}


def _cannot_run(command: list[str], error: OSError) -> UsageError:
    from mlops_iac.core.errors import UsageError

    hint = "name a program that is on your PATH."
    return UsageError("The command cannot be run.", f"{command[0]}: {error.strerror}.", hint=hint)


def _usual_shell() -> Shell:
    return Shell.FISH if os.environ.get("SHELL", "").endswith("/fish") else Shell.BASH
