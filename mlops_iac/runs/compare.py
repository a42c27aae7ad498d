"""Two runs side by side: what they were started with, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.details import Details, get_details
from mlops_iac.runs.lake import find_content
from mlops_iac.runs.pack import MANIFEST
from mlops_iac.runs.record import MOST_BYTES, find_manifests

ABSENT: Final = None
"""What one run has and the other has not, or what was not recorded of it."""


@dataclass(frozen=True)
class Line:
    """One thing of both runs."""

    part: str
    """run, parameters, code, packages, data or metrics."""
    name: str
    a: Any
    b: Any

    @property
    def differs(self) -> bool:
        return bool(self.a != self.b)

    def to_json(self) -> dict[str, Any]:
        return {"part": self.part, "name": self.name, "a": self.a, "b": self.b, "differs": self.differs}


@dataclass(frozen=True)
class Side:
    """One run, with the long lists that only a comparison reads."""

    details: Details
    files: Mapping[str, str]
    """File of the packed code to its hash."""
    objects: Mapping[str, str]
    """Object of the data to what its content is known by."""

    @classmethod
    def read(cls, environment: Environment, clients: Clients, run: str) -> Side:
        """Raises what `get_run` raises."""
        details = get_details(environment, clients, run)
        manifests = find_manifests(environment, clients, details.run.id) if details.record else {}
        objects = {one.key: one.identity for manifest in manifests.values() for one in manifest.objects}
        return cls(details, _read_files(environment, clients, details), objects)


@dataclass(frozen=True)
class Comparison:
    a: Details
    b: Details
    lines: tuple[Line, ...]
    unknown: tuple[str, ...] = ()
    """What cannot be compared, in sentences."""

    @property
    def differences(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.differs)

    def to_json(self) -> dict[str, Any]:
        lines = [line.to_json() for line in self.lines]
        return {"a": self.a.run.id, "b": self.b.run.id, "lines": lines, "unknown": list(self.unknown)}


def compare(environment: Environment, clients: Clients, a: str, b: str) -> Comparison:
    """Raises what `get_run` raises, for either."""
    left, right = (Side.read(environment, clients, run) for run in (a, b))
    known = [one for one in PARTS if one[0] not in RECORDED or (left.details.record and right.details.record)]
    lines = [line for part, tell in known for line in _beside(part, tell(left), tell(right))]
    return Comparison(left.details, right.details, tuple(lines), tuple(_unknown(left, right)))


def _beside(part: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Line]:
    for name in {**a, **b}:
        yield Line(part, name, a.get(name, ABSENT), b.get(name, ABSENT))


def _of_run(side: Side) -> dict[str, Any]:
    run, record = side.details.run, side.details.record
    told = {"pipeline": run.pipeline, "status": run.status, "model": run.model_package_arn}
    dollars = side.details.cost.to_json()["dollars"]
    cost = ABSENT if dollars is None else round(dollars, 4)
    return {**told, "cost in USD": cost, "started by": record.started_by if record else ABSENT}


def _of_parameters(side: Side) -> dict[str, Any]:
    """A map entry by entry: ``hyperparameters.C``."""
    return dict(flatten(side.details.run.parameters))


def _of_code(side: Side) -> dict[str, Any]:
    record = side.details.record
    git = record.git if record else None
    commit = f"{git.commit}{DIRTY[git.dirty]}" if git else ABSENT
    return {"sha": side.details.run.code, "commit": commit, **side.files}


def _of_packages(side: Side) -> dict[str, Any]:
    record = side.details.record
    pins = dict(pin.partition("==")[::2] for pin in record.packages) if record else {}
    return {"framework": record.framework, "platform": record.platform, **pins} if record else {}


def _of_data(side: Side) -> dict[str, Any]:
    return dict(side.objects)


def _of_metrics(side: Side) -> dict[str, Any]:
    return dict(side.details.run.metrics)


PARTS: Final[tuple[tuple[str, Callable[[Side], dict[str, Any]]], ...]] = (
    ("run", _of_run),
    ("parameters", _of_parameters),
    ("code", _of_code),
    ("packages", _of_packages),
    ("data", _of_data),
    ("metrics", _of_metrics),
)
"""In the order in which they are shown."""

RECORDED: Final = ("packages", "data")
"""Parts that are known from the record alone; they are left out when one of the runs has none."""

DIRTY: Final[Mapping[bool | None, str]] = {True: ", changed", False: "", None: ", perhaps changed"}
"""What is said behind a commit."""


def flatten(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", item) for key, item in value.items())
        else:
            yield name, value


def _unknown(*sides: Side) -> Iterator[str]:
    for side in sides:
        record, run = side.details.record, side.details.run
        if record is None:
            yield f"Of run {run.id} nothing was recorded when it started: its commit, packages and data are not known."
        elif not all(one["complete"] for one in record.data.values()):
            yield f"The data of run {run.id} is larger than what is recorded of it: the rest was not compared."


def _read_files(environment: Environment, clients: Clients, details: Details) -> dict[str, str]:
    """Files of the packed code; none where the code is not in the lake any more."""
    pipeline = environment.pipelines[details.run.pipeline]
    key = f"{pipeline.code_prefix}{details.run.code}/{MANIFEST}"
    content = find_content(environment.get_store(pipeline.store), clients, key, MOST_BYTES)
    try:
        files = read_json(content or b"{}")["files"]
        return {str(name): _digest(one["sha256"]) for name, one in files.items()}
    except (KeyError, TypeError, AttributeError, NotStrictJson):
        return {}


def _digest(sha256: str) -> str:
    return str(sha256)[:16]
