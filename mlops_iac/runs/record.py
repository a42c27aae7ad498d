"""What a run was started with, beyond what its orchestrator keeps: written into the lake before the run starts.

``models/<run>/record/run.json`` says who started it, the commit of its code, its packages, and what its data was in
short; ``models/<run>/record/data.json`` names every object of the data. A run that something else started (a schedule,
another program) has neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.data_manifest import DataManifest, read_manifest
from mlops_iac.runs.data_versions import Pin, name_version
from mlops_iac.runs.git import GitState, read_git_state
from mlops_iac.runs.lake import find_content, upload
from mlops_iac.runs.pack import PackedCode
from mlops_iac.runs.person import who_asks

FORMAT: Final = 1

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a record that is read: some six times what a manifest of `MOST_OBJECTS` takes."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    started_by: str
    """An ARN, or ``user@machine`` on the embedded cloud."""
    framework: str
    """``sklearn 1.4-2``"""
    platform: str
    """``linux-x86_64 Python 3.10``"""
    packages: tuple[str, ...]
    """What its jobs had installed, pinned: the framework's image, and the team's requirements over it."""
    git: GitState | None = None
    """None where the code lies in no repository."""
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameter that names data to its summary: prefix, objects, bytes, digest (which is the version's id), complete,
    and ``copies``: where the run read it, when it was told a version."""
    retries: str | None = None
    """The run whose work it takes over; its data is what that one recorded."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> RunRecord:
        """Raises KeyError and TypeError for what is no record."""
        git = body["git"]
        return cls(
            started_by=str(body["started_by"]),
            framework=str(body["framework"]),
            platform=str(body["platform"]),
            packages=tuple(map(str, body["packages"])),
            git=GitState(**{**git, "changed": tuple(map(str, git["changed"]))}) if git else None,
            data={str(name): dict(one) for name, one in body["data"].items()},
            retries=body.get("retries"),
        )


def read_data(
    environment: Environment,
    clients: Clients,
    pipeline: Pipeline,
    parameters: Mapping[str, Any],
    pins: Mapping[str, Pin],
) -> dict[str, DataManifest]:
    """Parameter that names data to the version that the run is told, or to what lies there now."""
    store = environment.get_store(pipeline.store)
    names = [name for name, one in pipeline.parameters.items() if one.type == "prefix"]
    return {
        name: pins[name].manifest if name in pins else read_manifest(environment, store, clients, parameters[name])
        for name in names
    }


def write_record(
    environment: Environment,
    clients: Clients,
    run: str,
    code: PackedCode,
    data: Mapping[str, DataManifest],
    pins: Mapping[str, Pin],
) -> None:
    """Look at the code's repository, write both files, and name the versions of the lake's data."""
    record = RunRecord(
        started_by=who_asks(clients),
        framework=str(code.framework),
        platform=str(code.platform),
        packages=packages_of(code),
        git=read_git_state(code.folder),
        data={
            name: {**one.summary(), **({"copies": pins[name].place} if name in pins else {})}
            for name, one in data.items()
        },
    )
    for one in data.values():
        name_version(environment, clients, one)
    _write(environment, clients, _key(environment, run, "data"), {name: one.to_json() for name, one in data.items()})
    _write(environment, clients, _key(environment, run, "run"), record.to_json())


def copy_record(environment: Environment, clients: Clients, a: str, b: str) -> None:
    """The record of run ``a`` as that of run ``b``, which takes over its work; nothing when it has none."""
    record = find_record(environment, clients, a)
    if record is None:
        return
    told = replace(record, started_by=who_asks(clients), retries=a)
    data = find_content(environment.lake, clients, _key(environment, a, "data"), MOST_BYTES) or b""
    upload(environment, clients, _key(environment, b, "data"), data)
    _write(environment, clients, _key(environment, b, "run"), told.to_json())


def packages_of(code: PackedCode) -> tuple[str, ...]:
    """Pinned, by name: a team's wheel takes the place of the image's package."""
    wheels = {wheel.name.lower().replace("_", "-"): wheel.version for wheel in code.requirements.wheels}
    image = dict(pin.lower().partition("==")[::2] for pin in code.framework.packages)
    return tuple(f"{name}=={version}" for name, version in sorted({**image, **wheels}.items()))


def find_record(environment: Environment, clients: Clients, run: str) -> RunRecord | None:
    """None for a run that was started without one, and for one that cannot be read any more."""
    try:
        return RunRecord.from_json(_read(environment, clients, _key(environment, run, "run")))
    except (KeyError, TypeError, AttributeError, NotStrictJson):
        return None


def find_manifests(environment: Environment, clients: Clients, run: str) -> Mapping[str, DataManifest]:
    """Parameter that names data to what it named when the run started; empty for a run without a record."""
    try:
        body = _read(environment, clients, _key(environment, run, "data"))
        return {str(name): DataManifest.from_json(one) for name, one in body.items()}
    except (KeyError, TypeError, AttributeError, NotStrictJson):
        return {}


def _key(environment: Environment, run: str, what: str) -> str:
    return f"{environment.lake.zones['models']}{run}/record/{what}.json"


def _write(environment: Environment, clients: Clients, key: str, body: Mapping[str, Any]) -> None:
    upload(environment, clients, key, json.dumps({"format": FORMAT, "told": body}, indent=1).encode())


def _read(environment: Environment, clients: Clients, key: str) -> Any:
    content = find_content(environment.lake, clients, key, MOST_BYTES)
    return read_json(content)["told"] if content else None
