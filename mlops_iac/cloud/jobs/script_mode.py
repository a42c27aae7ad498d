"""Script mode: how AWS's framework containers start a team's training script, from outside the container."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.core.script_mode import (
    MPI,
    PROCESSES,
    PROGRAM,
    SUBMIT_DIRECTORY,
    TORCHRUN,
    arguments,
    channel_configuration,
    mpirun,
    resource_configuration,
    torchrun,
    variables,
)
from mlops_iac.core.strict_json import read_json

__all__ = [
    "MPI",
    "PROCESSES",
    "PROGRAM",
    "SUBMIT_DIRECTORY",
    "TORCHRUN",
    "arguments",
    "channel_configuration",
    "command",
    "decode",
    "mpirun",
    "resource_configuration",
    "shown",
    "torchrun",
    "variables",
]


def decode(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Values as the script gets them: JSON where they are JSON, text otherwise."""
    return {name: _decode(value) for name, value in hyperparameters.items()}


def command(program: str, python: str, given: Sequence[str]) -> list[str]:
    """The command for an entry point, which is a Python file or a shell script in the code's folder.

    The toolkit joins the words with blanks and lets a shell read the line, so that values with blanks, quotes or
    ``$(…)`` do here what they do there (process.py, read 2026-11-28).
    """
    if program.endswith(".py"):
        return ["/bin/sh", "-c", " ".join(["exec", python, program, *given])]
    if program.endswith(".sh"):
        # A shell in a shell: the words are quoted for the inner one, and the outer one still reads `$` in them.
        return ["/bin/sh", "-c", f'/bin/sh -c "./{program} {shlex.join(given)}"']
    raise JobFailed(f"AlgorithmError: The entry point `{program}` is neither a .py nor a .sh file.")


def shown(command: Sequence[str]) -> str:
    """The command as the toolkit names it in a failure: without the shell around it."""
    return command[-1].removeprefix("exec ") if command[:2] == ["/bin/sh", "-c"] else " ".join(command)


def _decode(value: str) -> Any:
    try:
        return read_json(value)
    except ValueError:
        return value
