"""Versions of the data: what lay below a prefix of the lake at one moment, which can be named and run again.

A version is a `DataManifest` that is kept: ``models/data/<id>/objects.json`` names every object with its S3 version,
``models/data/<id>/version.json`` says who named it and when. Its id is the manifest's digest, so the same data has one
id, whoever names it and however often. `data put` and `data mark` name one, and every run that is started here names
those of its data.

A run on a version (`run --data-version`) reads copies of exactly its objects. Jobs take a prefix and read what lies
there when they start; neither SageMaker's inputs nor a script that lists a prefix can be told S3 versions. So before
the run starts S3 copies the versions, server-side, below ``curated/kept/data/<id>/``, and the run is told that prefix.

- They are copied also when the lake still holds the same: what is put there while the run goes on would be read too.
- The place is the version's and not the run's: whoever runs on it again, retries, or takes over a step that was done
  on it finds the same prefix. A copy that is there is made again only when it could expire under the run.
- The lake deletes what lies below ``curated/kept/`` after 90 days, as it does with all that can be had again.
- Jobs may read ``curated/`` as ever. The person who starts the run needs to read versions of ``raw/`` and to write
  below ``curated/kept/data/``, which is what scientists may; no role of the environment gets a right for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import LAKE, Environment, Pipeline
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.calls import calling
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.data import list_objects
from mlops_iac.runs.data_manifest import DataManifest, DataObject, read_manifest
from mlops_iac.runs.lake import find_beginnings, find_content, upload, write_arguments
from mlops_iac.runs.person import who_asks

PREVIOUS: Final = "@previous"
"""The newest version that is not what lies there now."""

COPIES: Final = "kept/data/"
"""Below the zone `curated`."""

FRESH: Final = timedelta(days=60)
"""Copies that are older are made again: the lake deletes them after 90 days, and a run may last for some."""

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a manifest that is read."""

MOST_SUMMARY: Final = 4096

MOST_NAMED: Final = 3
"""Keys that an error names."""

TABLES: Final = ("query", "point_in_time")
"""Kinds of step that ask tables, as they are when they are asked."""


@dataclass(frozen=True, kw_only=True)
class DataVersion:
    id: str
    """Sixteen hex digits."""
    prefix: str
    objects: int
    bytes: int
    at: str
    """When it was named first, in UTC."""
    by: str
    """Who named it first: an ARN, or ``user@machine`` on the embedded cloud."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Pin:
    """Data that a run is to read in one version."""

    manifest: DataManifest
    place: str
    """Prefix of the copies."""


def name_version(environment: Environment, clients: Clients, manifest: DataManifest) -> DataVersion | None:
    """Keep a manifest, unless it is kept already. None for nothing, and for what it names in part."""
    if not manifest.objects or not manifest.complete:
        return None
    folder = f"{_folder(environment)}{manifest.digest}/"
    known = find_content(environment.lake, clients, f"{folder}version.json", MOST_SUMMARY)
    for version in _read_versions([known] if known else []):
        return version
    version = DataVersion(
        id=manifest.digest,
        prefix=manifest.prefix,
        objects=len(manifest.objects),
        bytes=manifest.size,
        at=f"{read_time(environment, clients):%Y-%m-%dT%H:%M:%SZ}",
        by=who_asks(clients),
    )
    upload(environment, clients, f"{folder}objects.json", json.dumps(manifest.to_json()).encode())
    upload(environment, clients, f"{folder}version.json", json.dumps(version.to_json()).encode())
    return version


def mark(environment: Environment, clients: Clients, prefix: str) -> list[DataVersion]:
    """Name what lies there now: of the prefixes around it that pipelines read, or of itself where none does."""
    read = {
        str(one.default)
        for pipeline in environment.pipelines.values()
        for one in pipeline.parameters.values()
        if one.type == "prefix" and pipeline.store == LAKE
    }
    around = sorted(one for one in read if prefix.startswith(one))
    manifests = (read_manifest(environment, environment.lake, clients, one) for one in around or [prefix])
    return [version for one in manifests if (version := name_version(environment, clients, one))]


def list_versions(environment: Environment, clients: Clients, prefix: str = "") -> list[DataVersion]:
    """The newest first; of one prefix, when it is given. An environment without a lake has none."""
    if LAKE not in environment.stores:
        return []
    keys = [one.key for one in list_objects(environment, clients, _folder(environment))]
    told = [key for key in keys if key.endswith("/version.json")]
    found = find_beginnings(environment.lake, clients, told, MOST_SUMMARY)
    versions = [*_read_versions(one.body for one in found.values() if one)]
    return sorted((one for one in versions if one.prefix == (prefix or one.prefix)), key=lambda v: v.at, reverse=True)


def _read_versions(bodies: Iterable[bytes]) -> Iterator[DataVersion]:
    """What cannot be read is none."""
    for body in bodies:
        try:
            yield DataVersion(**read_json(body))
        except (NotStrictJson, TypeError):
            continue


def get_manifest(environment: Environment, clients: Clients, id: str) -> DataManifest:
    """Of a version, by its id or the beginning of one. Raises UsageError when there is none, or several; RunError when
    it is not what was named."""
    if len(id) < 16:
        ids = [one.id for one in list_versions(environment, clients)]
        begin = [one for one in ids if id and one.startswith(id)]
        if len(begin) != 1:
            detail = f"`{id}` is the beginning of {len(begin) or 'no'} version{'s' if begin else ''} of the data."
            raise UsageError("No such version of the data.", detail, hint=did_you_mean(id, ids) or _hint(environment))
        id = begin[0]
    content = find_content(environment.lake, clients, f"{_folder(environment)}{id}/objects.json", MOST_BYTES)
    if content is None:
        detail = f"{environment.stack} has no version `{id}`."
        raise UsageError("No such version of the data.", detail, hint=_hint(environment))
    try:
        manifest = DataManifest.from_json(read_json(content))
    except (NotStrictJson, KeyError, TypeError, AttributeError):
        manifest = None
    if manifest is None or manifest.digest != id:
        detail = f"What lies in {_folder(environment)}{id}/objects.json is not what was named `{id}`."
        raise RunError("The version was changed.", detail, hint="name another: the record of it cannot be trusted.")
    return manifest


def find_pins(
    environment: Environment, clients: Clients, pipeline: Pipeline, values: Mapping[str, Any], asked: Sequence[str]
) -> dict[str, Pin]:
    """Parameter to the version that it is to be, for each ``ID``, ``@previous`` or ``PARAMETER=ID`` that was asked for.

    Changes nothing. Raises UsageError for what is not understood, RunError for a version that is not whole any more
    and for a pipeline that reads more than its parameters say.
    """
    if not asked:
        return {}
    pins: dict[str, Pin] = {}
    _check_pipeline(pipeline)
    for one in asked:
        parameter, id = _parse(pipeline, one)
        if parameter in pins:
            detail = f"`{one}`: `{parameter}` was given a version already."
            raise UsageError("Versions of the data exclude each other.", detail, hint="give each parameter one.")
        if id == PREVIOUS:
            id = _previous(environment, clients, values[parameter])
        manifest = get_manifest(environment, clients, id)
        _check_prefix(manifest, parameter, values[parameter])
        check_there(environment, clients, manifest)
        place = f"{environment.lake.zones['curated']}{COPIES}{manifest.digest}/"
        pins[parameter] = Pin(manifest, place)
    return pins


def stage(environment: Environment, clients: Clients, pin: Pin) -> None:
    """Copy a version's objects to its place, but those that lie there already. Nothing passes through this machine.

    Raises CloudError when it is refused.
    """
    from s3transfer.manager import TransferManager  # type: ignore[import-untyped,unused-ignore]

    bucket, arguments = environment.lake.bucket, {**write_arguments(environment), "TaggingDirective": "REPLACE"}
    with TransferManager(clients("s3")) as manager, calling("s3:CopyObject", pin.place):
        copies = []
        for one, key in _uncopied(environment, clients, pin):
            version = {} if one.version_id == "null" else {"VersionId": one.version_id}
            source = {"Bucket": bucket, "Key": one.key, **version}
            unchanged = {"CopySourceIfMatch": f'"{one.etag}"'}
            copies.append(manager.copy(source, bucket, key, extra_args={**arguments, **unchanged}))
        for copy in copies:
            copy.result()


def _uncopied(environment: Environment, clients: Clients, pin: Pin) -> Iterator[tuple[DataObject, str]]:
    """Each object that is to be copied, and the key of its copy."""
    oldest = read_time(environment, clients) - FRESH
    there = {one.key: one.size for one in list_objects(environment, clients, pin.place) if one.modified > oldest}
    for one in pin.manifest.objects:
        key = pin.place + one.key.removeprefix(pin.manifest.prefix)
        if there.get(key) != one.size:
            yield one, key


def find_missing(environment: Environment, clients: Clients, manifest: DataManifest) -> list[str]:
    """Keys of a manifest whose versions were deleted, overwritten in a bucket without versions, or expired."""
    wanted = {(one.key, one.version_id, one.etag) for one in manifest.objects}
    with calling("s3:ListObjectVersions", manifest.prefix):
        pages = clients("s3").get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=environment.lake.bucket, Prefix=manifest.prefix):
            for item in page.get("Versions", ()):
                wanted.discard((item["Key"], str(item["VersionId"]), item["ETag"].strip('"')))
            if not wanted:
                break
    return sorted(key for key, *_ in wanted)


def _check_pipeline(pipeline: Pipeline) -> None:
    asking = [step.name for step in pipeline.steps if step.kind in TABLES]
    if asking:
        detail = f"Step `{asking[0]}` of `{pipeline.name}` asks tables, which answer as they are when they are asked."
        hint = "run it without --data-version, or let the step read files that the parameter names."
        raise RunError("The pipeline cannot run on a version of the data.", detail, hint=hint)
    if pipeline.store != LAKE or not _parameters(pipeline):
        detail = f"`{pipeline.name}` ({pipeline.target}) has no parameter that is a prefix of the lake."
        hint = "give it one of type `prefix`, and read the data by it."
        raise RunError("The pipeline cannot run on a version of the data.", detail, hint=hint)


def _parameters(pipeline: Pipeline) -> list[str]:
    return [name for name, one in pipeline.parameters.items() if one.type == "prefix"]


def _parse(pipeline: Pipeline, asked: str) -> tuple[str, str]:
    """Parameter and version."""
    known = _parameters(pipeline)
    parameter, equals, id = asked.rpartition("=")
    if equals and parameter not in known:
        detail = f"`{asked}`: `{pipeline.name}` has no parameter `{parameter}` that is a prefix of the lake."
        raise UsageError("Unknown parameter.", detail, hint=did_you_mean(parameter, known))
    if not equals and len(known) > 1:
        detail = f"`{pipeline.name}` reads the lake by {len(known)} parameters: {', '.join(known)}."
        raise UsageError("Which data is meant is not said.", detail, hint=f"--data-version {known[0]}={id}")
    return (parameter if equals else known[0]), id


def _previous(environment: Environment, clients: Clients, prefix: str) -> str:
    now = read_manifest(environment, environment.lake, clients, prefix).digest
    found = next((one.id for one in list_versions(environment, clients, prefix) if one.id != now), None)
    if found is None:
        detail = f"Of `{prefix}` no version is known but what lies there now."
        raise UsageError("No such version of the data.", detail, hint=_hint(environment))
    return found


def _check_prefix(manifest: DataManifest, parameter: str, prefix: str) -> None:
    if manifest.prefix != prefix:
        detail = f"Version {manifest.digest} is of `{manifest.prefix}`, and the run's `{parameter}` is `{prefix}`."
        hint = f"say so: --set {parameter}={manifest.prefix}"
        raise UsageError("The version is of other data.", detail, hint=hint)


def check_there(environment: Environment, clients: Clients, manifest: DataManifest) -> None:
    """Raises RunError, which names keys, for a version of which objects were deleted or have expired."""
    missing = find_missing(environment, clients, manifest)
    if missing:
        shown = ", ".join(f"`{key}`" for key in missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
        detail = (
            f"Version {manifest.digest} had {len(manifest.objects):,} objects; the versions of {shown}{more} were "
            "deleted, or have expired."
        )
        hint = "choose another: `data versions` lists them. How long old versions stay follows from the profile."
        raise RunError("The version is not whole any more.", detail, hint=hint)


def _folder(environment: Environment) -> str:
    return f"{environment.lake.zones['models']}data/"


def _hint(environment: Environment) -> str:
    return f"`mlops-iac data versions {environment.stack}` lists them; each `data put` and each run names one."
