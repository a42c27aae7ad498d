"""What of a team's folder stays at home: a fixed list, and the team's own ``.mlops-iac-ignore``."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from mlops_iac.core.errors import RunError

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
    """Patterns as in a .gitignore: one per line, ``#`` comments, ``/`` in front means the top folder only.

    A pattern matches a file or folder of that name at any depth; one with a slash inside matches from the top.
    """

    patterns: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The fixed list and the folder's own file. Raises RunError for a pattern that takes something back (``!``)."""
        file = folder / IGNORE_FILE
        own: list[str] = []
        text = file.read_text("utf-8", "replace") if file.is_file() else ""
        for number, line in enumerate(text.splitlines(), 1):
            pattern = line.strip()
            if not pattern or pattern.startswith("#"):
                continue
            if pattern.startswith("!"):
                raise RunError(
                    "Ignore pattern is not understood.",
                    f"`{pattern}` takes an earlier pattern back, which this file cannot do.",
                    hint="write narrower patterns instead.",
                    file=str(file),
                    line=number,
                )
            own.append(pattern.rstrip("/"))
        return cls((*ALWAYS, *own))

    def matches(self, path: PurePosixPath) -> bool:
        """Whether a path, relative to the folder, stays at home. Its parents are asked separately."""
        for pattern in self.patterns:
            if "/" in pattern:
                if fnmatch.fnmatchcase(str(path), pattern.lstrip("/")):
                    return True
            elif fnmatch.fnmatchcase(path.name, pattern):
                return True
        return False
