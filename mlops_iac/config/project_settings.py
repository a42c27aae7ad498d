"""``config:`` of Pulumi.yaml: settings that every stack of a project has unless its own file says otherwise.

As Pulumi does it: a stack's value replaces the project's as a whole; a key of the project's own namespace may declare
a type, a default and that it is secret; a key of another namespace has a value and nothing else.
https://www.pulumi.com/docs/iac/concepts/config/#project-level-configuration,
pulumi/pulumi ``sdk/go/common/workspace/{project,config}.go``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.config import pulumi_values
from mlops_iac.config.document import Document
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.suggestions import did_you_mean

DECLARING = frozenset({"type", "items", "description", "default", "value", "secret"})
"""Keys by which a mapping declares a setting; a mapping with others is a value."""

_INTEGER = re.compile(r"[+-]?[0-9]+")

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool) or value in ("true", "false"),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, str) and _INTEGER.fullmatch(value) is not None)
    ),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
"""Text is taken where it reads as the type, because `pulumi config set` writes text."""

MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One setting of the project."""

    key: str
    """With its namespace."""
    line: int
    """In Pulumi.yaml."""
    type: str | None = None
    items: Mapping[str, Any] | None = None
    """Of an array: what its entries are."""
    value: Any = MISSING
    """Of a stack that says nothing; none: every stack must say it."""
    secret: bool = False


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A stack's settings and its project's together."""

    values: dict[str, Any]
    inherited: Mapping[str, Declaration] = field(default_factory=dict)
    """Keys that come from the project."""
    declared_secret: frozenset[str] = frozenset()
    """Keys that the project calls secret, and that are written in clear."""


def read_declarations(document: Document, project: str) -> tuple[Declaration, ...]:
    """Raises ConfigError with every declaration that is none."""
    written = document.values.get("config") if isinstance(document.values, dict) else None
    if written is None:
        return ()
    if not isinstance(written, dict):
        raise ConfigError.of([_problem(document, "", "`config:` must be a mapping of settings.", "")])
    problems = [problem for key, value in written.items() for problem in _faults(document, project, key, value)]
    if problems:
        raise ConfigError.of(problems)
    return tuple(_declare(document, project, key, value) for key, value in written.items())


def merge(declared: tuple[Declaration, ...], document: Document, written: Mapping[str, Any]) -> Merged:
    """``written`` are the settings of a stack's file, every key with its namespace. Raises ConfigError at their lines.

    A setting without a default must be in the stack's file, and one with a type must be of it.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    inherited: dict[str, Declaration] = {}
    for one in declared:
        if one.key in written:
            problems += _wrong_type(document, one, written[one.key])
        elif one.value is MISSING:
            detail = f"`{one.key}` is declared in Pulumi.yaml:{one.line}, without a default."
            problems.append(_problem(document, one.key, "This key is missing.", detail, f"add `{one.key}`."))
        else:
            values[one.key], inherited[one.key] = one.value, one
    if problems:
        raise ConfigError.of(problems)
    merged = {**values, **written}
    secret = {one.key for one in declared if one.secret and not pulumi_values.holds_secret(merged[one.key])}
    return Merged(values=merged, inherited=inherited, declared_secret=frozenset(secret))


def is_of_type(value: Any, type_: str | None, items: Mapping[str, Any] | None = None) -> bool:
    """Whether a value is of a declared type; a secret's value is not looked into."""
    if type_ is None or pulumi_values.is_secure(value):
        return True
    if not TYPES[type_](value):
        return False
    if type_ == "array" and items:
        return all(is_of_type(item, items.get("type"), items.get("items")) for item in value)
    return True


def _is_declaration(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and set(value) <= DECLARING


def _faults(document: Document, project: str, key: Any, value: Any) -> Iterator[Problem]:
    own = ":" not in str(key) or str(key).startswith(f"{project}:")
    if not _is_declaration(value):
        return
    if not own and set(value) - {"value"}:
        detail = f"`{key}` is of another namespace than `{project}`, so it can have a `value` and nothing else."
        yield _problem(document, str(key), "Only a value is allowed here.", detail, f"write `{key}: {{value: …}}`.")
        return
    if "value" in value and "default" in value:
        yield _problem(document, str(key), "A value and a default exclude each other.", "", "keep one of them.")
    type_, given = value.get("type"), value.get("value", value.get("default", MISSING))
    if type_ is not None and type_ not in TYPES:
        allowed = f"Value given: {type_}; it may be {', '.join(TYPES)}."
        yield _problem(document, str(key), "There is no such type.", allowed, did_you_mean(str(type_), TYPES))
    elif given is not MISSING and not is_of_type(given, type_, value.get("items")):
        yield _problem(document, str(key), "The default is not of its type.", f"It must be of type `{type_}`.")


def _declare(document: Document, project: str, key: str, value: Any) -> Declaration:
    full = key if ":" in key else f"{project}:{key}"
    line = document.line(("config", key))
    if not _is_declaration(value):
        return Declaration(key=full, line=line, value=value)
    return Declaration(
        key=full,
        line=line,
        type=value.get("type"),
        items=value.get("items"),
        value=value.get("value", value.get("default", MISSING)),
        secret=value.get("secret") is True,
    )


def _wrong_type(document: Document, one: Declaration, value: Any) -> list[Problem]:
    if is_of_type(value, one.type, one.items):
        return []
    of = f" of {one.items['type']}" if one.items and "type" in one.items else ""
    detail = f"Pulumi.yaml:{one.line} declares `{one.key}` as {one.type}{of}."
    return [_problem(document, one.key, "This is not of the declared type.", detail)]


def _problem(document: Document, key: str, summary: str, detail: str, hint: str = "") -> Problem:
    return document.problem(("config", key) if key else ("config",), summary, detail, hint, path=key or "config")
