"""The scripts, sample data and README that a new team begins with: what `mlops-iac new --scaffold` writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlops_iac.config.project import shorten
from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.scaffold.answers import Answers
from mlops_iac.scaffold.rendering import TEMPLATES, render

TEAM = "team"
"""Below the templates: a folder for each blueprint that has one."""


def has_scaffold(blueprint: str) -> bool:
    return blueprint in {folder.name for folder in (TEMPLATES / TEAM).iterdir()}


def is_open(folder: Path) -> bool:
    """Whether scripts can be written there: nothing is there yet."""
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


def refuse_code(root: Path, answers: Answers) -> None:
    """UsageError when something is in the code folder, or the blueprint has no such scripts."""
    folder = root / answers.code
    if not has_scaffold(answers.blueprint):
        raise UsageError("No scripts to begin with.", f"The blueprint `{answers.blueprint}` brings none.")
    if not is_open(folder) or not folder.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            "The code folder is in use.",
            f"Something is in `{shorten(answers.code)}` already; nothing was written.",
            hint="name a new folder with --code, or leave out --scaffold.",
        )


def write_team_code(root: Path, answers: Answers) -> list[Path]:
    """Write the scripts into the answers' code folder; answers the files, relative to the project.

    UsageError as `refuse_code`; MlopsError when the disk does not take them.
    """
    refuse_code(root, answers)
    folder, written = root / answers.code, []
    try:
        for name, content in team_files(answers):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(target.relative_to(root))
    except OSError as error:
        raise MlopsError(
            "The scripts cannot be written.", f"{error.filename or folder}: {error.strerror}.",
            hint="look at the folder's permissions and at the space left on the disk.",
        ) from error  # fmt: skip
    return written


def team_files(answers: Answers) -> Iterator[tuple[Path, bytes]]:
    """Each file's name below the code folder, and its content."""
    top = TEMPLATES / TEAM / answers.blueprint
    for source in sorted(path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        name = source.relative_to(top)
        if source.suffix == ".j2":
            template = source.relative_to(TEMPLATES).as_posix().removesuffix(".j2")
            yield name.with_suffix(""), render(template, answers=answers).encode()
        else:
            yield name, source.read_bytes()
