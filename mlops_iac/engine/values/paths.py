"""Property paths as options name them: ``tags.owner``, ``rules[0].ports``, ``rules[*].ports``, ``tags["a.b"]``."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.engine.values.value import Secret

_PART = re.compile(r'\["(?P<quoted>[^"]*)"\]|\[(?P<index>\d+|\*)\]|\.?(?P<key>[^.\[\]]+)')
Path = tuple[str | int, ...]
ANY = "*"
_ABSENT: Any = object()


def parse_path(text: str) -> Path:
    """The parts of a path; an index is a number, ``*`` any member. Raises ValueError naming the text."""
    parts: list[str | int] = []
    place = 0
    while place < len(text):
        match = _PART.match(text, place)
        if not match:
            raise ValueError(f"not a property path: {text!r}")
        index = match["index"]
        parts.append(int(index) if index and index != ANY else match["quoted"] or index or match["key"])
        place = match.end()
    if not parts:
        raise ValueError("a property path cannot be empty")
    return tuple(parts)


def covers(pattern: Path, path: Path) -> bool:
    """Whether a change at ``path`` is one that the pattern speaks of: at it, inside it, or around it."""
    return all(part in (ANY, place) for part, place in zip(pattern, path, strict=False))


def keep_old(new: Any, old: Any, path: Path) -> Any:
    """``new`` with what ``old`` has at the path; where ``old`` has nothing there, neither has the result."""
    part, rest = path[0], path[1:]
    if isinstance(new, Secret) or isinstance(old, Secret):
        inner_new = new.value if isinstance(new, Secret) else new
        inner_old = old.value if isinstance(old, Secret) else old
        return Secret(keep_old(inner_new, inner_old, path))
    if isinstance(new, dict) and isinstance(old, dict):
        return _keep_old_members(new, old, part, rest)
    if isinstance(new, list) and isinstance(old, list):
        indexes = range(min(len(new), len(old))) if part == ANY else (part,)
        items = list(new)
        for index in indexes:
            if isinstance(index, int) and index < min(len(new), len(old)):
                items[index] = keep_old(new[index], old[index], rest) if rest else old[index]
        return items
    return new


def _keep_old_members(new: dict[str, Any], old: dict[str, Any], part: str | int, rest: Path) -> dict[str, Any]:
    result = dict(new)
    for key in {*new, *old} if part == ANY else {str(part)}:
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if rest:
            if was is not _ABSENT and now is not _ABSENT:
                result[key] = keep_old(now, was, rest)
        elif was is _ABSENT:
            result.pop(key, None)
        else:
            result[key] = was
    return result
