"""Options and arguments that several commands share, each written once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class CloudName(StrEnum):
    EMBEDDED = "embedded"
    AWS = "aws"


def complete_stacks(incomplete: str) -> list[str]:
    """Shell completion of stack names; quiet outside a project."""
    from mlops_iac.config import find_project, list_stacks
    from mlops_iac.core.errors import MlopsError

    try:
        return [stack for stack in list_stacks(find_project(Path.cwd())) if stack.startswith(incomplete)]
    except MlopsError:
        return []


StackArgument = Annotated[
    str, typer.Argument(help="The environment, as in stacks/Pulumi.STACK.yaml.", autocompletion=complete_stacks)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else.")]
CloudOption = Annotated[
    CloudName,
    typer.Option("--cloud", help="Where to deploy: on this machine, or on AWS through the Pulumi CLI."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
