"""A stack's settings over those of its company: what comes from where, and what the company does not allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel

from mlops_iac.config.company import COMPANY_FILE, INSTANCE_COUNT, INSTANCE_TYPES, INSTANCES_AT_ONCE, Level, join
from mlops_iac.config.document import Document, dotted
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.models import find_field, is_section, without_none
from mlops_iac.core.errors import Problem

_MISSING: Final = object()


@dataclass
class Inherited:
    """The settings below `mlops-iac:` of one stack, as values of YAML, with its company's."""

    levels: tuple[Level, ...]
    """Lowest first."""
    document: Document
    """The stack's file."""
    values: dict[str, Any]
    origins: dict[KeyPath, Level] = field(default_factory=dict)
    """Of every value, and every mapping as a whole, that a level gave."""
    elsewhere: set[KeyPath] = field(default_factory=set)
    """Settings of the company that the stack's blueprint does not have."""

    def fitting(self, model: type[BaseModel], options: dict[str, Any]) -> dict[str, Any]:
        """The options without those that the company gave for other blueprints."""
        for path in self.origins:
            if path[0] == "options" and not has(model, path[1:]) and not _is_below(path, self.elsewhere):
                self.elsewhere.add(path)
        return _without(options, {path[1:] for path in self.elsewhere})

    def relocate(self, problem: Problem) -> Problem:
        """A problem of a value that the company gave, at the company's line."""
        for path, level in self.origins.items():
            if problem.path == dotted(path):
                at = (*level.at, "defaults", *path)
                return replace(problem, file=COMPANY_FILE, line=level.document.line(at), source="")
        return problem

    def origin(self, path: KeyPath) -> Level | None:
        """Who gave a value; None for the stack's own file, or the blueprint."""
        return self.origins.get(path)

    def broken(self, effective: Mapping[str, Any]) -> Iterator[Problem]:
        """What the company does not allow. ``effective``: all settings with their defaults, `aws:region` included."""
        for number, level in enumerate(self.levels):
            for place, key in enumerate(level.rules.locked):
                yield from self._unlocked(number, level, place, level.split(key))
            for key, limit in level.rules.limits.items():
                for path, value in _named(effective, level, key):
                    if not limit.allows(value):
                        detail = f"Value given: {value}. Values allowed: {limit} ({level.place(('limits', key))})."
                        yield self._problem(path, "The company does not allow this value.", detail)

    def _unlocked(self, number: int, level: Level, place: int, path: KeyPath) -> Iterator[Problem]:
        """Every value at or below a locked setting that somebody above its level changed."""
        wanted = join(one.rules.defaults for one in self.levels[: number + 1])
        for at in sorted(set(_differing(_get(wanted, path), _get(self.values, path), path)), key=str):
            given, locked = _get(self.values, at), _get(wanted, at)
            said = f"Value given: {given}. " if given is not _MISSING else ""
            to = "what the blueprint says" if locked is _MISSING else f"`{locked}`"
            detail = f"{said}{level.place(('locked', place))} locks it to {to}."
            yield self._problem(at, "This setting is locked.", detail, "remove it here, or ask who owns that file.")

    def _problem(self, path: KeyPath, summary: str, detail: str, hint: str = "") -> Problem:
        level = self.origins.get(path)
        if level is not None:
            return level.problem(("defaults", *path), summary, detail, hint)
        head = path[0] if ":" in str(path[0]) else f"mlops-iac:{path[0]}"
        return self.document.problem(("config", head, *path[1:]), summary, detail, hint, path=dotted(path))

    def unknown_to(self, model: type[BaseModel]) -> Iterator[tuple[Level, KeyPath, KeyPath]]:
        """Settings of the company that a blueprint's options do not have: the level, where it stands, the setting."""
        for level in self.levels:
            for path in sorted(self.elsewhere, key=str):
                if self.origins.get(path) is level:
                    yield level, ("defaults", *path), path
            for number, key in enumerate(level.rules.locked):
                if key.startswith("options.") and not has(model, level.split(key)[1:]):
                    yield level, ("locked", number), level.split(key)
            for key in level.rules.limits:
                if key.startswith("options.") and not has(model, level.split(key)[1:]):
                    yield level, ("limits", key), level.split(key)


def inherit(levels: tuple[Level, ...], own: dict[str, Any], document: Document) -> Inherited:
    """``own``: what the stack's file and Pulumi.yaml say."""
    origins: dict[KeyPath, Level] = {}
    values: dict[str, Any] = {}
    for level in levels:
        for path in _paths(level.rules.defaults):
            origins[path] = level
        values = join([values, level.rules.defaults])
    for path in [path for path in origins if _get(own, path) is not _MISSING or _is_cut(own, path)]:
        del origins[path]
    return Inherited(levels=levels, document=document, values=join([values, own]), origins=origins)


def has(model: type[BaseModel], path: KeyPath) -> bool:
    """Whether a section has a setting; a mapping or a list whose keys are free has any."""
    annotation: Any = model
    for part in path:
        if not is_section(annotation):
            return True
        found = find_field(without_none(annotation), part)
        if found is None:
            return False
        annotation = found.annotation
    return True


def _named(effective: Mapping[str, Any], level: Level, key: str) -> Iterator[tuple[KeyPath, Any]]:
    if key == INSTANCE_TYPES:
        yield from instance_types(effective, ())
        return
    if key == INSTANCE_COUNT:
        yield from instance_counts(effective, ())
        return
    if key == INSTANCES_AT_ONCE:
        return  # a sum, which is made where the pipelines are known (`program/company_rules.py`)
    path = level.split(key)
    value = _get(effective, path)
    if value is not _MISSING and value is not None:
        yield path, value


def instance_types(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every type of machine that settings name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "instance_type" and isinstance(item, str):
                yield (*path, key), item
            elif key == "instance_types" and isinstance(item, list | tuple):
                yield from (((*path, key, place), one) for place, one in enumerate(item))
            else:
                yield from instance_types(item, (*path, key))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from instance_types(item, (*path, place))


def instance_counts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    """Every number of machines that settings name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == INSTANCE_COUNT and isinstance(item, int):
                yield (*path, key), item
            else:
                yield from instance_counts(item, (*path, key))


def _paths(value: Mapping[str, Any], at: KeyPath = ()) -> Iterator[KeyPath]:
    for key, item in value.items():
        yield (*at, key)
        if isinstance(item, dict):
            yield from _paths(item, (*at, key))


def _get(value: Any, path: KeyPath) -> Any:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(str(part), _MISSING)
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return _MISSING
    return value


def _is_cut(own: Mapping[str, Any], path: KeyPath) -> bool:
    """Whether a value above this place replaced it: text where the company has a mapping."""
    above = (_get(own, path[:size]) for size in range(1, len(path)))
    return any(value is not _MISSING and not isinstance(value, dict) for value in above)


def _is_below(path: KeyPath, others: set[KeyPath]) -> bool:
    return any(path[:size] in others for size in range(1, len(path)))


def _without(value: dict[str, Any], paths: set[KeyPath]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, item in value.items():
        if (key,) in paths:
            continue
        below = {path[1:] for path in paths if len(path) > 1 and path[0] == key}
        kept[key] = _without(item, below) if below and isinstance(item, dict) else item
    return kept


def _differing(wanted: Any, given: Any, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(wanted, dict) and isinstance(given, dict):
        for key in {**wanted, **given}:
            yield from _differing(wanted.get(key, _MISSING), given.get(key, _MISSING), (*path, key))
    elif wanted is not given and wanted != given:
        yield path
