"""What of a team's folder stays at home: a fixed list, and the team's own ``.mlops-iac-ignore``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from mlops_iac.core.errors import RunError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".mlops-iac-ignore"

ALWAYS = (
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "*.pyc",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".DS_Store",
    ".env",
    "/data",
    "/wheels",
    "/" + IGNORE_FILE,
)
"""``data`` and ``wheels`` at the top only: data goes into the lake, and wheels are made anew for the job's platform.
``.env`` is where people keep passwords."""


@dataclass(frozen=True)
class Ignore:
    """Patterns as in a .gitignore, with all that git reads in one: https://git-scm.com/docs/gitignore"""

    spec: GitIgnoreSpec

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The fixed list, then the folder's own file, which may take something back (``!``)."""
        from pathspec import GitIgnoreSpec

        file = folder / IGNORE_FILE
        own = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
        try:
            return cls(GitIgnoreSpec.from_lines([*ALWAYS, *own]))
        except ValueError as error:
            raise RunError(
                "Ignore pattern is not understood.",
                f"{error}.",
                hint="write it as in a .gitignore.",
                file=str(file),
            ) from error

    def matches(self, path: PurePosixPath, *, is_folder: bool) -> bool:
        """Whether a path, relative to the folder, stays at home. What is in a folder that does is not asked."""
        return self.spec.match_file(f"{path}/" if is_folder else str(path))
