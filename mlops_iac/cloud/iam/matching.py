"""Wildcards, ARNs and policy variables, as the elements of a policy document use them.

Source: "IAM JSON policy elements: Resource", "Policy variables" and "Condition operators" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Final

Lookup = Callable[[str], str | None]
"""The value of a condition key in lower case, or None when the request has no such key or several values."""

_PART: Final = re.compile(r"\$\{(?P<variable>[^}]*)\}|(?P<star>\*+)|(?P<one>\?)|(?P<text>[^*?$]+|\$)")
_LITERAL: Final = {"*": "*", "?": "?", "$": "$"}
"""``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves."""


class MissingVariable(LookupError):
    """A policy variable whose key the request does not have: the statement cannot match."""


def matches(pattern: str, value: str, lookup: Lookup | None = None, *, ignore_case: bool = False) -> bool:
    """Whether a value matches a pattern with ``*``, ``?`` and, when ``lookup`` is given, policy variables.

    Raises `MissingVariable`.
    """
    if lookup is None or "${" not in pattern:
        return _compiled(pattern, ignore_case, lookup is not None).fullmatch(value) is not None
    return re.compile(_expression(pattern, lookup), _flags(ignore_case)).fullmatch(value) is not None


def arn_matches(pattern: str, value: str, lookup: Lookup | None = None) -> bool:
    """`ArnLike`: each of the six parts between colons is compared by itself."""
    wanted, given = _arn_parts(pattern), value.split(":", 5)
    return len(wanted) == len(given) == 6 and all(matches(w, g, lookup) for w, g in zip(wanted, given, strict=True))


def expand(text: str, lookup: Lookup) -> str:
    """A text with its policy variables filled in, for operators that know no wildcards.

    Raises `MissingVariable`.
    """
    return "".join(
        _value(part["variable"], lookup) if part["variable"] is not None else part[0] for part in _PART.finditer(text)
    )


def _arn_parts(pattern: str) -> list[str]:
    """Split at colons outside ``${…}``: a variable's name holds colons of its own."""
    parts: list[str] = []
    depth = start = 0
    for at, letter in enumerate(pattern):
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        elif letter == ":" and not depth and len(parts) < 5:
            parts.append(pattern[start:at])
            start = at + 1
    return [*parts, pattern[start:]]


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool, variables: bool) -> re.Pattern[str]:
    if variables or "${" not in pattern:
        return re.compile(_expression(pattern, lambda _: None), _flags(ignore_case))
    return re.compile(_glob(pattern), _flags(ignore_case))


def _flags(ignore_case: bool) -> int:
    return re.DOTALL | (re.IGNORECASE if ignore_case else 0)


def _glob(pattern: str) -> str:
    """Documents of the version 2008-10-17 know no variables: ``$`` and ``{`` are ordinary characters there."""
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)


def _expression(pattern: str, lookup: Lookup) -> str:
    found = []
    for part in _PART.finditer(pattern):
        if part["variable"] is not None:
            found.append(re.escape(_value(part["variable"], lookup)))
        elif part["star"]:
            found.append(".*")
        else:
            found.append("." if part["one"] else re.escape(part["text"]))
    return "".join(found)


def _value(variable: str, lookup: Lookup) -> str:
    """``${aws:username}``, ``${aws:PrincipalTag/team, 'nobody'}`` with a default, ``${*}``."""
    name, _, default = variable.partition(",")
    name = name.strip()
    if name in _LITERAL:
        return _LITERAL[name]
    value = lookup(name.lower())
    if value is None and default.strip():
        value = default.strip().strip("'")
    if value is None:
        raise MissingVariable(name)
    return value


def fill(template: str, values: Mapping[str, str | None]) -> str | None:
    """An ARN template of the service authorization reference (``…:role/${RoleName}``); None when a value is missing."""
    names = re.findall(r"\$\{([^}]+)\}", template)
    if any(values.get(name) is None for name in names):
        return None
    return re.sub(r"\$\{([^}]+)\}", lambda found: str(values[found[1]]), template)
