"""Put a team's files into its lake, and list what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import nearest
from mlops_iac.runs.calls import calling
from mlops_iac.runs.hashes import hash_file
from mlops_iac.runs.lake import upload
from mlops_iac.runs.sources import survey
from mlops_iac.runs.unchanged import CHECKSUM, Known

AT_A_TIME = 4
"""Uploads under way at once. More gain nothing: each is work for this process, most of it in Python."""

WHOLE = 1024 * 1024
"""Bytes of a file that is sent with one request, from memory. A larger one is streamed."""

EXTENSION = re.compile(r"[^.]\.[A-Za-z]\w*$")
"""At the end of a target: a file's name. `v1.2` has none."""


@dataclass(frozen=True)
class Put:
    file: Path
    key: str
    size: int
    outcome: Literal["uploaded", "unchanged"]


@dataclass(frozen=True)
class Stored:
    key: str
    size: int
    modified: datetime


def say_nothing(note: str) -> None:
    """For whoever wants no notes."""


def put(
    environment: Environment, clients: Clients, source: Path, target: str, *, say: Callable[[str], None] = say_nothing
) -> Iterator[Put]:
    """Upload a file, or all files of a folder, below a zone (``raw/`` or ``raw/2026/``); yields each as it is done.

    A file can be given its name: ``raw/2026/table.csv``. Files that are there with the same content are left alone,
    nothing is ever deleted, hidden files stay here. ``say`` is told what a person should know before the first upload.
    Raises UsageError, before anything is uploaded, for a zone that does not exist or for what cannot be uploaded.
    """
    prefix = zone_prefix(environment, target)
    found = survey(source)
    named = source.is_file() and is_a_name(environment, clients, target, prefix)
    for note in found.notes():
        say(note)
    pairs = [(one.file, prefix.rstrip("/") if named else f"{prefix}{one.name}") for one in found.files]
    yield from put_files(environment, clients, pairs)


def is_a_name(environment: Environment, clients: Clients, target: str, prefix: str) -> bool:
    """Whether a target is a file's name: it has an extension, no slash at its end, and nothing lies below it."""
    if target.endswith("/") or not EXTENSION.search(target.rsplit("/", 1)[-1]) or "/" not in target:
        return False
    return next(list_objects(environment, clients, prefix), None) is None


def put_files(environment: Environment, clients: Clients, pairs: list[tuple[Path, str]]) -> Iterator[Put]:
    """Upload each file under its key, some at a time; yields them in order. After a failure no further one is begun."""
    known = Known(environment, clients, [key for _, key in pairs])
    pool = ThreadPoolExecutor(AT_A_TIME, "data put")
    try:
        yield from pool.map(lambda pair: put_file(environment, clients, known, *pair), pairs)
    finally:
        pool.shutdown(cancel_futures=True)
        known.remember()


def put_file(environment: Environment, clients: Clients, known: Known, file: Path, key: str) -> Put:
    size, checksum = file.stat().st_size, hash_file(file)
    if known.has(key, size, checksum):
        return Put(file, key, size, "unchanged")
    metadata = {CHECKSUM: checksum}
    if size > WHOLE:
        with file.open("rb") as content:
            upload(environment, clients, key, content, Metadata=metadata)
    else:
        known.learn(key, upload(environment, clients, key, file.read_bytes(), Metadata=metadata), checksum)
    return Put(file, key, size, "uploaded")


def zone_prefix(environment: Environment, target: str) -> str:
    """``raw/2026`` to ``raw/2026/``, by the zone's own prefix. Raises UsageError with the zones there are."""
    zone, _, rest = target.strip("/").partition("/")
    zones = environment.lake.zones
    if zone not in zones:
        names = ", ".join(f"{name}/" for name in sorted(zones))
        match = nearest(zone, zones)
        raise UsageError(
            "No such zone.",
            f"`{target}`: the lake of {environment.stack} has the zones {names}.",
            hint=f"did you mean `{match}`?" if match else "new data belongs in raw/.",
        )
    if ".." in rest.split("/") or "//" in rest:
        raise UsageError("Not a place in the lake.", f"`{target}` holds `..` or an empty part.", hint="write raw/2026/")
    return f"{zones[zone]}{rest}/" if rest else zones[zone]


def list_data(environment: Environment, clients: Clients, prefix: str = "") -> Iterator[Stored]:
    """Objects below a prefix, in the order of their keys; all zones when no prefix is given."""
    yield from list_objects(environment, clients, key_prefix(environment, prefix) if prefix else "")


def key_prefix(environment: Environment, prefix: str) -> str:
    """The beginning of keys that a person means: of a place when it is a zone or ends in a slash, else of a name."""
    found = zone_prefix(environment, prefix)
    is_place = prefix.strip("/") in environment.lake.zones or prefix.endswith("/")
    return found if is_place else found.rstrip("/")


def list_objects(environment: Environment, clients: Clients, prefix: str) -> Iterator[Stored]:
    with calling("s3:ListObjectsV2", prefix):
        paginator = clients("s3").get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=environment.lake.bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                yield Stored(item["Key"], item["Size"], item["LastModified"])


def find_stored(environment: Environment, clients: Clients, place: str) -> list[Stored]:
    """The object of this name, or all objects below a place that ends in a slash.

    Raises UsageError when there is none, and when a name without a slash is a place.
    """
    prefix = key_prefix(environment, place)
    found = list(list_objects(environment, clients, prefix))
    if not prefix.endswith("/"):
        below = [one for one in found if one.key.startswith(f"{prefix}/")]
        found = [one for one in found if one.key == prefix]
        if below and not found:
            raise UsageError(
                "This is a place, and not a file.", f"{len(below)} files lie below `{place}/`.",
                hint=f"write `{place}/` for all of them.",
            )  # fmt: skip
    if not found:
        raise UsageError(
            "No such file in the lake.", f"There is no `{place}`.",
            hint=f"`mlops-iac data ls {environment.stack}` lists what is there.",
        )  # fmt: skip
    return found
