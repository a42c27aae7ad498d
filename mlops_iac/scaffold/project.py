"""Writing a new project: what `mlops-iac init` leaves in a folder. Of what was there it changes ``.gitignore`` only.

Its files are the ones that a checkout of this repository has at its top; a test holds them equal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mlops_iac.config.project import PROJECT_FILE
from mlops_iac.core.errors import MlopsError, Problem, UsageError
from mlops_iac.scaffold.example import example_files
from mlops_iac.scaffold.rendering import render
from mlops_iac.scaffold.stacks_folder import prepare_folder

IGNORE_FILE = ".gitignore"
FILES = (IGNORE_FILE, "__main__.py", PROJECT_FILE)
"""Made from ``templates/project/``. ``Pulumi.yaml`` is written last: it makes the folder a project."""


def new_project(root: Path, example: str | None = None) -> list[Path]:
    """Make ``root`` a project and answer the files that were written, relative to it.

    The folder is made when it is missing. UsageError, before anything is written, when one of the files is there
    already or there is no such example; MlopsError when the disk does not take them.
    """
    contents: dict[Path, bytes] = {}
    if example is not None:
        contents = {place: source.read_bytes() for source, place in example_files(example)}
    contents |= {Path(name): text.encode() for name, text in project_files(root).items()}
    refuse_existing(root, contents)
    try:
        root.mkdir(parents=True, exist_ok=True)
        prepare_folder(root)
        for place, content in contents.items():
            write_new(root / place, content)
    except OSError as error:
        raise MlopsError(
            "The project cannot be written.",
            f"{error.filename or root}: {error.strerror}.",
            hint="look at the folder's permissions and at the space left on the disk.",
        ) from error
    return list(contents)


def project_files(root: Path) -> dict[str, str]:
    """The project's own files by name; an ignore file that is there is kept, and completed."""
    texts = {name: render(f"project/{name}", virtualenv=virtualenv_of(root)) for name in FILES}
    texts[IGNORE_FILE] = complete(root / IGNORE_FILE, texts[IGNORE_FILE])
    return {name: text for name, text in texts.items() if text}


def virtualenv_of(root: Path) -> str:
    """The virtual environment that runs us, when it lies in the project: what the Pulumi CLI runs the program with.

    Empty otherwise: the Pulumi CLI then takes the `python` that it finds on PATH.
    """
    prefix = Path(sys.prefix)
    inside = sys.prefix != sys.base_prefix and prefix.is_relative_to(root)
    return prefix.relative_to(root).as_posix() if inside else ""


def complete(file: Path, wanted: str) -> str:
    """The text of an ignore file with the lines that it lacks; empty when it lacks none."""
    try:
        there = file.read_text("utf-8")
    except FileNotFoundError:
        return wanted
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{IGNORE_FILE} cannot be read.", f"{file}: {error}.", hint="make it a text file, or move it away."
        ) from error
    missing = [line for line in wanted.splitlines() if line not in there.splitlines()]
    return there + ("" if not there or there.endswith("\n") else "\n") + "\n".join([*missing, ""]) if missing else ""


def refuse_existing(root: Path, contents: Mapping[Path, bytes]) -> None:
    """UsageError that names every file that would be overwritten."""
    taken = [place for place in contents if place.name != IGNORE_FILE and os.path.lexists(root / place)]
    if Path(PROJECT_FILE) in taken:
        raise UsageError(
            "This is a project already.",
            f"{root / PROJECT_FILE} is there; nothing was changed.",
            hint="`mlops-iac new` writes the stack file of a new environment.",
        )
    if taken:
        hint = "move them away, or name an empty folder: `mlops-iac init FOLDER`."
        raise UsageError.of(
            [
                Problem(file=place.as_posix(), summary="The file is already there.", hint="" if more else hint)
                for more, place in zip(range(len(taken) - 1, -1, -1), taken, strict=True)
            ]
        )


def write_new(file: Path, content: bytes) -> None:
    """Write a file that nobody else has made meanwhile; only an ignore file is replaced."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb" if file.name == IGNORE_FILE else "xb") as target:
        target.write(content)
