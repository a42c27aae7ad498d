"""Which environments a change can touch, by the files in which it differs from another commit.

What nobody can know is taken for something that touches all: a program may read any file. Only what is known to be read
by no program, and what belongs to one environment, is told apart.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from mlops_iac.config.load import load_stack
from mlops_iac.config.project import stacks_folder
from mlops_iac.core.errors import MlopsError, UsageError

SECONDS: Final = 60
"""Until git is given up."""

UNREAD: Final = re.compile(
    r"(.*/)?(\.github|\.gitlab|\.azuredevops|docs|tests)/.*|\.gitlab-ci\.yml|azure-pipelines[^/]*\.yml"
    r"|(.*/)?(\.gitignore|\.gitattributes|\.editorconfig|LICENSE[^/]*|[^/]*\.md)"
)
"""Files that no program reads, outside the teams' code folders."""

_STACK_FILE = re.compile(r"Pulumi\.([a-z0-9-]+)\.yaml")


def untouched(root: Path, stacks: Sequence[str], since: str) -> dict[str, str]:
    """The stacks that what changed since a commit cannot touch, each with the reason.

    Compared is the commit at which both went apart, as a pull request does, with what lies in the folder now. Raises
    UsageError when git does not know the commit, or when there is no git.
    """
    changed = changed_files(root, since)
    own = {stack: _own_files(root, stack) for stack in stacks}
    folder = _relative(stacks_folder(root), root)
    for path in changed:
        if _touches_all(path, folder, own.values()):
            return {}
    return {
        stack: _why(changed, stack)
        for stack, places in own.items()
        if not any(_is_in(path, place) for path in changed for place in places)
    }


def changed_files(root: Path, since: str) -> list[str]:
    """Paths relative to the project, those that git does not know yet and those that are gone among them."""
    _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}", what=since)
    base = _git(root, "merge-base", "--", since, "HEAD", what=since).strip()
    listed = _git(
        root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", base, "--", what=since
    )
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".", what=since)
    return sorted({path for path in (listed + new).split("\0") if path})


def deleted_stacks(root: Path, since: str) -> list[str]:
    """Stacks whose file was taken away since then."""
    folder = stacks_folder(root)
    gone = [PurePosixPath(path) for path in changed_files(root, since) if not (root / path).exists()]
    found = [_STACK_FILE.fullmatch(path.name) for path in gone if path.parent.as_posix() == _relative(folder, root)]
    return [match[1] for match in found if match]


def _own_files(root: Path, stack: str) -> tuple[str, ...]:
    """The stack's file, and the folder of its code; a file that cannot be read has all it takes to be looked at."""
    file = _relative(stacks_folder(root) / f"Pulumi.{stack}.yaml", root)
    try:
        code = load_stack(root, stack, options_model=None).code
    except MlopsError:
        return file, ""
    return (file, PurePosixPath(code).as_posix()) if code else (file,)


def _touches_all(path: str, folder: str, own: Iterable[tuple[str, ...]]) -> bool:
    if _is_in(path, folder) and _STACK_FILE.fullmatch(PurePosixPath(path).name):
        return False
    if any(_is_in(path, place) for places in own for place in places if place):
        return False
    return not UNREAD.fullmatch(path)


def _is_in(path: str, place: str) -> bool:
    return not place or place == "." or path == place or path.startswith(f"{place}/")


def _why(changed: Sequence[str], stack: str) -> str:
    if not changed:
        return "nothing changed"
    named = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    return f"neither its stack file nor its code is among what changed: {named}"


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _git(root: Path, *words: str, what: str) -> str:
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError("git does not answer.", str(error), hint="leave out --changed-since.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise UsageError(
            "git knows no such commit.",
            f"--changed-since was given `{what}`{f': {said}' if said else '.'}",
            hint="in CI, check out the whole history (`fetch-depth: 0`) and name a branch as `origin/main`.",
        )
    return done.stdout.decode(errors="replace")
