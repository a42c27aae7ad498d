"""Which commit a folder is at, and whether what lies in it is that commit. Needs no git where there is none.

The commit is read from the repository's own files, which any version of git writes alike. Whether the folder differs
from it only git knows; where git is missing or refuses, that is said to be unknown.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of ``packed-refs``, the longest of the files that are read: some 250,000 branches and tags."""

MOST_NAMED: Final = 20
"""Changed files that are named."""

SECONDS: Final = 10
"""Until git is given up, as on a network disk."""

_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class GitState:
    commit: str
    branch: str | None
    """None where no branch is checked out, as in most CI."""
    dirty: bool | None
    """Whether the folder holds something else than the commit. None: there was no git to say so."""
    changed: tuple[str, ...] = ()
    """Files that differ, from the folder; the first `MOST_NAMED`."""


def read_git_state(folder: Path) -> GitState | None:
    """None for a folder that is in no repository, that its repository ignores, or before the first commit."""
    place = _find_repository(folder.resolve())
    if place is None:
        return None
    head = _read(place / "HEAD").strip()
    branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None
    commit = ask_git(folder, "rev-parse", "--verify", "HEAD") or _find_commit(place, head)
    if not _SHA.fullmatch(commit.strip()) or ask_git(folder, "check-ignore", "."):
        return None
    status = ask_git(folder, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ".")
    if status is None:
        return GitState(commit.strip(), branch, None)
    prefix = (ask_git(folder, "rev-parse", "--show-prefix") or "").strip()
    changed = [line[3:].removeprefix(prefix) for line in status.split("\0") if line]
    return GitState(commit.strip(), branch, bool(changed), tuple(changed[:MOST_NAMED]))


def ask_git(folder: Path, *words: str) -> str | None:
    """What git answers; None when there is no git, or it refuses. It runs nothing that the repository names."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=SECONDS, env=_environment(), stdin=subprocess.DEVNULL
        )
        return done.stdout.decode(errors="replace")
    return None


def _environment() -> Mapping[str, str]:
    """Without what points git to another repository, as inside a hook; and it writes no index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def _find_repository(folder: Path) -> Path | None:
    """The folder that holds HEAD: ``.git`` itself, or where a worktree's file of that name leads."""
    for parent in (folder, *folder.parents):
        found = parent / ".git"
        if found.is_file():
            told = _read(found).strip()
            found = parent / told.removeprefix("gitdir: ") if told.startswith("gitdir: ") else found
        if (found / "HEAD").is_file():
            return found
    return None


def _find_commit(place: Path, head: str) -> str:
    """The commit that HEAD names, itself or by a branch; empty when there is none."""
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    shared = _read(place / "commondir").strip()
    common = place / shared if shared else place
    loose = "" if ".." in name.split("/") else _read(common / name).strip()
    packed = re.search(rf"^([0-9a-f]+) {re.escape(name)}$", _read(common / "packed-refs"), re.MULTILINE)
    return loose or (packed[1] if packed else "")


def _read(path: Path) -> str:
    """The text of a file, empty when there is none; no more than `MOST_BYTES` of it."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(MOST_BYTES).decode(errors="replace")
    return ""
