"""Where a project is on disk, and which stacks it has. Cheap: standard library only."""

from __future__ import annotations

import re
from pathlib import Path

from mlops_iac.core.errors import StackNotFound, UsageError
from mlops_iac.core.ordering import natural
from mlops_iac.core.suggestions import did_you_mean

PROJECT = "mlops-iac"
"""Name of the Pulumi project, which is also the namespace of its keys in stack files."""

PROJECT_FILE = "Pulumi.yaml"
STACKS = "stacks"
"""The folder of stack files: `stackConfigDir` in Pulumi.yaml."""

_NAME = re.compile(r"""^name:[ \t]*["']?([^"'#\s]+)""", re.MULTILINE)
_FOLDER = re.compile(r"""^stackConfigDir:[ \t]*["']?([^"'#\n]*?)["']?[ \t]*(?:#.*)?$""", re.MULTILINE)
_STACK_FILE = re.compile(r"Pulumi\.([a-z0-9-]+)\.yaml")


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds Pulumi.yaml; UsageError when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        "This is not a project.",
        f"There is no {PROJECT_FILE} in {start} or in any folder above it.",
        hint="`mlops-iac init` makes one here; or go to the project, or name it: `mlops-iac --cwd FOLDER …`.",
    )


def project_name(root: Path) -> str:
    """What Pulumi.yaml calls the project: the name under which its state is kept."""
    return _said(_NAME, root) or PROJECT


def stacks_folder(root: Path) -> Path:
    """Where the stack files are: in an ordinary Pulumi project, where Pulumi.yaml says, or beside it."""
    ours = root / STACKS
    return ours if project_name(root) == PROJECT else root / _said(_FOLDER, root)


def _said(pattern: re.Pattern[str], root: Path) -> str:
    """A scalar at the top of Pulumi.yaml, read without a YAML parser."""
    try:
        found = pattern.search((root / PROJECT_FILE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""


def list_stacks(root: Path) -> list[str]:
    """Names of the project's stacks, team2 before team10; a file whose name cannot be a stack's is not one."""
    try:
        names = [entry.name for entry in stacks_folder(root).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((match[1] for name in names if (match := _STACK_FILE.fullmatch(name))), key=natural)


def stack_path(root: Path, stack: str) -> Path:
    """Where a stack's file is, or would be."""
    return stacks_folder(root) / f"Pulumi.{stack}.yaml"


def get_stack_path(root: Path, stack: str) -> Path:
    """The file of a stack that exists; StackNotFound otherwise. A name that holds a path never reaches the disk."""
    stacks = list_stacks(root)
    if stack in stacks:
        return stack_path(root, stack)
    hint = did_you_mean(stack, stacks) if stacks else "`mlops-iac new` writes the first one."
    raise StackNotFound("No such stack.", f"There is no {STACKS}/Pulumi.{shorten(stack)}.yaml.", hint=hint)


def shorten(text: str, limit: int = 80) -> str:
    """Text that is safe to print in an error: one line, no control characters, at most `limit` characters."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"
