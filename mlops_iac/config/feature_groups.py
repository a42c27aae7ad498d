"""A team's features: ``features/<group>.yaml`` in its code folder, each the definition of one group.

Nothing is executed to read them, so a preview of a stranger's change is safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.problems import problems_of, within_limit
from mlops_iac.config.section import Section
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.suggestions import did_you_mean

FOLDER: Final = "features"
MOST_GROUPS: Final = 50
"""How many groups one team may write; AWS's usual quota of an account is 100."""
MOST_FEATURES: Final = 2500
"""Of one group: CreateFeatureGroup in the API reference."""
RESERVED: Final = ("api_invocation_time", "is_deleted", "write_time")
"""Columns that Feature Store adds."""
GROUP_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME: Final = 32
"""Characters of a group's name: behind the stack's it must fit the 64 of CreateFeatureGroup."""
UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}

FeatureName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
FeatureType = Literal["Integral", "Fractional", "String"]


class FeatureGroup(Section):
    """One group of features, which are put and read together."""

    description: str = Field(default="", max_length=128, description="What the group is about, for whoever finds it.")
    record_identifier: FeatureName = Field(description="The feature that says whose values these are: a key.")
    event_time: FeatureName = Field(
        description="The feature that says when the values became true: a String in ISO 8601 and UTC "
        "(2024-05-01T10:00:00Z), or a Fractional of Unix seconds."
    )
    features: dict[FeatureName, FeatureType] = Field(
        min_length=2,
        max_length=MOST_FEATURES,
        description="Each feature and its type, the two above among them. Features can be added behind these later; "
        "whatever else changes makes another group, which is empty.",
    )
    online: bool = Field(default=True, description="Whether the newest values of each key can be asked for at once.")
    ttl: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5} (second|minute|hour|day|week)s?$")] | None = Field(
        default=None,
        description="How long after its event time a record can be asked for online, such as 30 days. Left out: until "
        "a newer one takes its place.",
    )
    table: FeatureName | None = Field(
        default=None, description="What SQL calls its history. Left out: the file's name, with underscores."
    )

    @property
    def ttl_duration(self) -> tuple[str, int] | None:
        """AWS's unit and how many of it."""
        if self.ttl is None:
            return None
        count, unit = self.ttl.split()
        return f"{unit.rstrip('s').capitalize()}s", int(count)

    @property
    def ttl_seconds(self) -> int | None:
        if self.ttl is None:
            return None
        count, unit = self.ttl.split()
        return int(count) * UNITS[unit.rstrip("s")]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A group, and the file that says it."""

    name: str
    group: FeatureGroup
    document: Document

    @property
    def table(self) -> str:
        return self.group.table or self.name.replace("-", "_")


def read_feature_groups(root: Path, folder: Path) -> Mapping[str, Written]:
    """By name. Raises ConfigError with everything that is wrong in all files, and where there is none."""
    found: dict[str, Written] = {}
    problems: list[Problem] = []
    for path in _files(root, folder):
        try:
            written = _read(root, path)
        except ConfigError as error:
            problems += error.problems
        else:
            found[written.name] = written
    problems += _twins(found)
    if problems:
        raise ConfigError.of(within_limit(problems))
    return found


def _files(root: Path, folder: Path) -> list[Path]:
    place = folder / FOLDER
    shown = place.relative_to(root).as_posix()
    there = sorted(path for path in place.iterdir() if not path.name.startswith(".")) if place.is_dir() else []
    files = [path for path in there if path.suffix == ".yaml"]
    if strays := [path.name for path in there if path.suffix == ".yml"]:
        detail = f"`{strays[0]}` would be ignored: groups are read from files that end in .yaml."
        raise ConfigError("A group's file has another ending.", detail, hint="rename it.", file=shown)
    if not files:
        detail = f"`{shown}` holds no definition; a feature store has a file for each group of features."
        raise ConfigError("There are no features.", detail, hint=f"write `{shown}/<group>.yaml`.", file=shown)
    if len(files) > MOST_GROUPS:
        detail = f"There are {len(files)}; a team may have {MOST_GROUPS}."
        hint = "put features that belong together in one group."
        raise ConfigError("Too many groups of features.", detail, hint=hint, file=shown)
    return files


def _read(root: Path, path: Path) -> Written:
    shown = path.relative_to(root).as_posix()
    if not GROUP_NAME.fullmatch(path.stem) or len(path.stem) > LONGEST_NAME:
        detail = (
            f"`{path.stem}` must be small letters, digits and single hyphens, a letter first, {LONGEST_NAME} at most."
        )
        raise ConfigError("A group's file has no name for a group.", detail, hint="rename it.", file=shown)
    document = parse_document(read_text(path, root, shown), shown, what="group's file")
    problems = list(document.problems)
    if not isinstance(document.values, dict):
        detail = "A group's file has `record_identifier:`, `event_time:` and `features:`."
        raise ConfigError.of([*problems, document.problem((), "This must be a mapping.", detail)])
    try:
        group = FeatureGroup.model_validate(document.values)
    except ValidationError as error:
        problems += problems_of(error, FeatureGroup, document.values, document, lambda path: path)
        raise ConfigError.of(problems) from None
    problems += _faults(group, document)
    if problems:
        raise ConfigError.of(problems)
    return Written(name=path.stem, group=group, document=document)


def _faults(group: FeatureGroup, document: Document) -> Iterator[Problem]:
    """What each value allows, and all of them together do not."""
    for role in ("record_identifier", "event_time"):
        name = getattr(group, role)
        if name not in group.features:
            detail = f"`{role}` is `{name}`, which is none of `features`: {', '.join(group.features)}."
            hint = f"{did_you_mean(name, group.features)} Or add it there, with its type.".strip()
            yield document.problem((role,), "A feature is missing.", detail, hint)
    if group.record_identifier == group.event_time:
        detail = f"`{group.event_time}` cannot say both whose values these are and when."
        yield document.problem(("event_time",), "One feature has two roles.", detail, "name another feature.")
    if group.features.get(group.event_time) == "Integral":
        detail = "An event time is a String in ISO 8601 or a Fractional of Unix seconds, not an Integral."
        hint = "write `Fractional`, or `String`."
        yield document.problem(("features", group.event_time), "This is no type of a time.", detail, hint)
    for name in RESERVED:
        if name in group.features:
            detail = f"Feature Store adds a column `{name}` itself."
            yield document.problem(("features", name), "This name is taken.", detail, "call the feature otherwise.")
    if group.ttl and not group.online:
        detail = "`ttl` is of records that can be asked for online; this group has none."
        yield document.problem(
            ("ttl",), "Nothing would be kept so long.", detail, "leave it out, or set `online: true`."
        )


def _twins(found: Mapping[str, Written]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, written in found.items():
        other = first.setdefault(written.table, name)
        if other != name:
            at = ("table",) if written.group.table else ()
            detail = f"Groups `{other}` and `{name}` are both table `{written.table}`."
            yield written.document.problem(at, "Two groups have one name.", detail, "give one of them another `table`.")
