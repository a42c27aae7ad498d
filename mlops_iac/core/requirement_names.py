"""The distributions that a team's requirements.txt names, without resolving anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

REQUIREMENTS = "requirements.txt"


def find_missing(folder: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of the wanted distributions that the folder's requirements.txt does not name; none where it includes other
    files, which may name them."""
    from packaging.utils import canonicalize_name

    file = folder / REQUIREMENTS
    lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
    if any(line.strip().startswith(("-r", "--requirement")) for line in lines):
        return ()
    named = {canonicalize_name(name) for name in map(_name, lines) if name}
    return tuple(name for name in wanted if canonicalize_name(name) not in named)


def _name(line: str) -> str | None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line.split(" #")[0].split(" --")[0].strip(" \\")).name
    except InvalidRequirement:
        return None
