"""``mlops-iac ci``: what pipelines of a code host need: their files, which environments, and the states."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend, project_root
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption

app = make_group("Pipelines of a code host: write them, list what a change can touch, export the states.")

NOWHERE = "0" * 40
"""What hosts call the commit before the first."""


class CodeHost(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE_DEVOPS = "azure-devops"


@app.command("init")
def init(
    host: Annotated[CodeHost, typer.Option("--for", help="Where the repository is.")],
    branch: Annotated[str, typer.Option("--branch", metavar="NAME", help="The branch that is deployed.")] = "main",
    environment: Annotated[
        str,
        typer.Option("--environment", metavar="NAME", help="The host's own environment, whose rules say who approves."),
    ] = "production",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a file is not as it would be.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that hold something else.")] = False,
    json: JsonOption = False,
) -> None:
    """Write the pipelines that preview pull requests, deploy after a merge, and look for drift at night.

    They hold no account and no key: roles are taken by the host's own tokens, and named by variables that are set
    there; the command says which. `mlops-iac bootstrap` makes the roles, and says where states go in Pulumi.yaml.

    Example: mlops-iac ci init --for github
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.core.errors import MlopsError, UsageError
    from mlops_iac.scaffold.ci_files import ci_files, find_stale, write_ci_files

    if check and force:
        raise UsageError("Two choices that exclude each other.", "--check writes nothing.", hint="leave out --force.")
    _refuse_words(branch=branch, environment=environment)
    root = repository_root(project_root())
    files = ci_files(project_root(), host.value, branch=branch, environment=environment)
    if check:
        if stale := find_stale(root, files):
            raise MlopsError(
                "The workflows are not up to date.",
                f"Missing, or other than they would be written: {', '.join(stale)}.",
                hint=f"run `mlops-iac ci init --for {host.value} --force`, and read the difference.",
            )
        written: list[str] = []
    else:
        written = write_ci_files(root, files, force=force)
    variables = variables_of(host)
    if json:
        show_json({"files": list(files), "written": written, "variables": variables})
        return
    say("\n".join(f"Wrote {file}" for file in written) or "Up to date.")
    if written:
        say("\nTo be set among the host's variables:")
        say("\n".join(f"  {name:<27} {value}" for name, value in variables.items()))


def _refuse_words(**words: str) -> None:
    """They become part of a file that a host runs."""
    import re

    from mlops_iac.core.errors import UsageError

    for option, word in words.items():
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}", word):
            detail = f"--{option} was given `{word}`; it takes letters, digits, `_`, `-`, `.` and `/`."
            raise UsageError("This is no name.", detail, hint="name it as the host does.")


def repository_root(root: Path) -> Path:
    """Where hosts look for their files: the repository's top, or the project where there is none yet."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def variables_of(host: CodeHost) -> dict[str, str]:
    """Variable to where its value is from."""
    from mlops_iac.scaffold.ci_files import REGION, ROLES

    found = {REGION: "the region of the account's own stack"}
    if host is CodeHost.AZURE_DEVOPS:
        return found
    return {
        **found,
        **{name: f"the ARN of the {role} role that `mlops-iac bootstrap` made" for name, role in ROLES.items()},
    }


@app.command("stacks")
def stacks(
    changed_since: Annotated[
        str | None,
        typer.Option("--changed-since", metavar="REF", help="Only what changes since a commit can touch."),
    ] = None,
    with_code: Annotated[bool, typer.Option("--with-code", help="Only those that run a team's code.")] = False,
    json: JsonOption = False,
) -> None:
    """List environments for a pipeline to go through, a line each: all of them, or what a change can touch.

    Example: mlops-iac ci stacks --changed-since HEAD~1
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.config import list_stacks
    from mlops_iac.program.touched import untouched

    root = project_root()
    found, left_out = list_stacks(root), dict[str, str]()
    if changed_since not in (None, NOWHERE):
        left_out = untouched(root, found, str(changed_since))
    chosen = [stack for stack in found if stack not in left_out and (not with_code or runs_code(root, stack))]
    if json:
        show_json({"stacks": chosen, "leftOut": left_out})
    else:
        show("\n".join(chosen))


def runs_code(root: Path, stack: str) -> bool:
    from mlops_iac.blueprints import get_options_model
    from mlops_iac.config.load import load_stack

    config = load_stack(root, stack, options_model=get_options_model)
    return bool(config.code) and bool(getattr(type(config.options), "runs_code", True))


@app.command("states")
def states(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; it is made when it is missing.")],
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Export the state of every environment that is deployed, for previews that have no credentials.

    A file STACK.json each, as `pulumi stack export` writes it: secrets stay encrypted. `preview --all --state FOLDER`
    compares with them.

    Example: mlops-iac ci states states
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.config import list_stacks
    from mlops_iac.core.errors import StackNotFound
    from mlops_iac.engine.state.files import make_folder, write_asked_for

    make_folder(folder)
    written = []
    for stack in list_stacks(project_root()):
        try:
            text = open_backend(stack, cloud).export()
        except StackNotFound:
            continue  # it is new, and its preview says so
        write_asked_for(folder / f"{stack}.json", text)
        written.append(stack)
    if json:
        show_json({"stacks": written})
    else:
        say(f"Exported {', '.join(written) or 'nothing: no environment is deployed'}.")
