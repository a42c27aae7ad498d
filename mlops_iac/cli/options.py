"""Options and arguments that several commands share, each written once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mlops_iac.engine.deciding.options import Options


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
OptionalStackArgument = Annotated[
    str | None, typer.Argument(help="The environment, as in stacks/Pulumi.STACK.yaml.", autocompletion=complete_stacks)
]


def complete_runs(context: typer.Context, incomplete: str) -> list[str]:
    """Shell completion of the latest runs; quiet where nothing is deployed, and it starts no cloud."""
    from mlops_iac.cli.environments import open_if_running
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.runs.history import list_ids

    try:
        opened = open_if_running(context.params.get("stack") or "")
        found = list_ids(opened.environment, opened.clients, limit=50) if opened else ()
        return [run for run in found if run.startswith(incomplete)]
    except (MlopsError, OSError):
        return []


RunArgument = Annotated[
    str,
    typer.Argument(
        help="The run: its id, the beginning of one, `last`, or `last~1` for the one before.",
        autocompletion=complete_runs,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else.")]
CloudOption = Annotated[
    CloudName,
    typer.Option(
        "--cloud",
        help="Where to deploy: on this machine, or on AWS through the Pulumi CLI.",
        envvar="MLOPS_IAC_CLOUD",
        show_envvar=False,
    ),
]
PlainOption = Annotated[
    bool,
    typer.Option("--plain", help="Whole lines on a terminal too, nothing redrawn.", envvar="MLOPS_IAC_PLAIN"),
]
EventLogOption = Annotated[
    Path | None,
    typer.Option("--event-log", metavar="FILE", help="Write every event to FILE, a line of JSON each, as Pulumi does."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

# What `preview`, `up`, `destroy` and `refresh` may be told about how they go; the engine's side is `engine.options`.
TargetOption = Annotated[
    list[str] | None,
    typer.Option("--target", "-t", metavar="NAME", help="Only this resource, by name or URN; may be repeated."),
]
DependentsOption = Annotated[
    bool, typer.Option("--target-dependents", help="With --target: also what stands on the targets.")
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="NAME", help="Leave this resource as it is, by name or URN; may be repeated."),
]
ReplaceOption = Annotated[
    list[str] | None,
    typer.Option("--replace", metavar="NAME", help="Replace this resource, changed or not; may be repeated."),
]
RefreshOption = Annotated[
    bool,
    typer.Option("--refresh", help="First read what is really there, so that what was changed elsewhere is mended."),
]
ParallelOption = Annotated[
    int | None, typer.Option("--parallel", min=1, metavar="N", help="Calls to the cloud at once; left out: 8.")
]
ContinueOption = Annotated[
    bool, typer.Option("--continue-on-error", help="After a failure, go on with what does not stand on it.")
]
SkipPreviewOption = Annotated[
    bool,
    typer.Option("--skip-preview", "-f", help="Begin at once, unasked and unchecked: what is wrong is met half-way."),
]
ExpectOption = Annotated[bool, typer.Option("--expect-no-changes", help="Exit with 7 when there are changes.")]


def operation_options(
    *,
    target: list[str] | None = None,
    target_dependents: bool = False,
    exclude: list[str] | None = None,
    replace: list[str] | None = None,
    refresh: bool = False,
    parallel: int | None = None,
    continue_on_error: bool = False,
    plan: Path | None = None,
    skip_preview: bool = False,
) -> Options:
    """The flags of one command line as the engine takes them. Raises UsageError for what cannot be wanted at once."""
    from mlops_iac.engine.deciding.options import Options

    return Options(
        targets=tuple(target or ()),
        target_dependents=target_dependents,
        excludes=tuple(exclude or ()),
        replaces=tuple(replace or ()),
        refresh=refresh,
        parallel=parallel,
        continue_on_error=continue_on_error,
        plan=plan,
        skip_preview=skip_preview,
    )
