"""What of a person's disk would be uploaded: every file is looked at before the first one goes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_iac.core.errors import Problem, UsageError

LONGEST_KEY = 1024
"""Bytes of an object's key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Source:
    """A file, and its name below the place where it goes, with forward slashes."""

    file: Path
    name: str


@dataclass(frozen=True)
class Survey:
    """What a source holds."""

    files: tuple[Source, ...]
    links: tuple[str, ...] = ()
    """Files that are links: what they point to is uploaded."""
    hidden: int = 0
    """Hidden files and folders, which stay here."""

    def notes(self) -> Iterator[str]:
        """What a person should know before anything is uploaded."""
        if self.links:
            shown = ", ".join(self.links[:3]) + (f" and {len(self.links) - 3} more" if len(self.links) > 3 else "")
            yield f"through links, so what they point to is uploaded: {shown}"
        if self.hidden:
            yield f"hidden, so not uploaded: {self.hidden} {'files' if self.hidden > 1 else 'file'}"


def survey(source: Path) -> Survey:
    """Look at a file, or at all files of a folder. Raises UsageError that names all that cannot be uploaded."""
    if not os.path.lexists(source):
        raise UsageError("No such file or folder.", f"`{source}` does not exist.", hint="paths start where you are.")
    if source.is_dir():
        entries = list(walk(source))
        shown = [path for path in entries if not path.name.startswith(".")]
        found = [Source(path, path.relative_to(source).as_posix()) for path in shown]
        hidden = len(entries) - len(shown)
    else:
        found, hidden = [Source(source, source.name)], 0
    problems = [problem for one in found if (problem := find_problem(one))]
    if problems:
        raise UsageError.of(problems[:MOST_PROBLEMS])
    if not found:
        raise UsageError("Nothing to upload.", f"`{source}` holds no files.", hint="hidden files are not uploaded.")
    return Survey(tuple(found), tuple(printable(one.name) for one in found if one.file.is_symlink()), hidden)


def walk(folder: Path) -> Iterator[Path]:
    """Every file, and every link whatever it leads to; what is hidden is told once and not entered."""
    for parent, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        hidden = [name for name in folders if name.startswith(".") and name not in linked]
        folders[:] = sorted(name for name in folders if name not in linked and name not in hidden)
        yield from (Path(parent, name) for name in sorted([*names, *linked, *hidden]))


def find_problem(source: Source) -> Problem | None:
    """Why a file cannot be uploaded; None when it can."""
    place = printable(str(source.file))
    try:
        mode = source.file.stat().st_mode
    except OSError as error:
        what = "It is a broken link" if source.file.is_symlink() else "It cannot be read"
        return Problem(
            file=place, summary=f"{what}.", detail=f"{error.strerror}.", hint="mend it, or move it out of the folder."
        )
    if stat.S_ISDIR(mode):
        return Problem(
            file=place, summary="It is a link to a folder.", detail="Folders behind links are not entered.",
            hint=f"upload that folder by itself: `mlops-iac data put STACK {place} raw/{source.name}/`.",
        )  # fmt: skip
    if not stat.S_ISREG(mode):
        return Problem(file=place, summary="It is not a file.", detail="It is a device, a pipe or a socket.")
    if not os.access(source.file, os.R_OK):
        return Problem(file=place, summary="The file cannot be read.", hint="give yourself permission to read it.")
    return find_odd_name(place, source.name)


def find_odd_name(place: str, name: str) -> Problem | None:
    """Why a name cannot be an object's, or would be one that nobody can type."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return Problem(file=place, summary="The name is not UTF-8.", detail="Keys are.", hint="rename the file.")
    if not name.isprintable():
        return Problem(file=place, summary="The name holds a control character.", hint="rename the file.")
    if size > LONGEST_KEY:
        detail = f"It is {size} bytes long; a key may have {LONGEST_KEY}."
        return Problem(file=place, summary="The name is too long.", detail=detail, hint="use shorter names.")
    return None


def printable(text: str) -> str:
    """A file's name as it can be shown anywhere."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
