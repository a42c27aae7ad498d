"""Put a team's files into its lake, and list what is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import nearest
from mlops_iac.runs.calls import calling
from mlops_iac.runs.lake import find_object, upload
from mlops_iac.runs.requirements import hash_file

CHECKSUM = "mlops-iac-sha256"
"""Object metadata by which an unchanged file is known."""


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


def put(environment: Environment, clients: Clients, source: Path, target: str) -> Iterator[Put]:
    """Upload a file, or all files of a folder, below a zone (``raw/`` or ``raw/2026/``); yields each as it is done.

    Files that are there with the same content are left alone, nothing is ever deleted. Hidden files stay here.
    Raises UsageError before anything is uploaded, for a zone that does not exist or a source that holds nothing.
    """
    prefix = zone_prefix(environment, target)
    files = find_files(source)
    for file, name in files:
        yield put_file(environment, clients, file, f"{prefix}{name}")


def put_file(environment: Environment, clients: Clients, file: Path, key: str) -> Put:
    size, checksum = file.stat().st_size, hash_file(file)
    there = find_object(environment, clients, key)
    if there and there.get("Metadata", {}).get(CHECKSUM) == checksum and there.get("ContentLength") == size:
        return Put(file, key, size, "unchanged")
    with file.open("rb") as content:
        upload(environment, clients, key, content, Metadata={CHECKSUM: checksum})
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


def find_files(source: Path) -> list[tuple[Path, str]]:
    """What would be uploaded, with its name below the target. Raises UsageError when it cannot be uploaded."""
    if not source.exists():
        raise UsageError("No such file or folder.", f"`{source}` does not exist.", hint="paths start where you are.")
    if source.is_file():
        found = [(source, source.name)]
    else:
        found = [(path, path.relative_to(source).as_posix()) for path in walk(source)]
    if not found:
        raise UsageError("Nothing to upload.", f"`{source}` holds no files.", hint="hidden files are not uploaded.")
    unreadable = [str(path) for path, _ in found if not os.access(path, os.R_OK)]
    if unreadable:
        raise UsageError(
            "The file cannot be read.",
            f"No permission to read: {', '.join(unreadable[:5])}.",
            hint="check permissions.",
        )
    return found


def walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                yield path


def list_data(environment: Environment, clients: Clients, prefix: str = "") -> Iterator[Stored]:
    """Objects below a prefix, in the order of their keys; all zones when no prefix is given."""
    if prefix:
        key_prefix = zone_prefix(environment, prefix)
        zone_only = prefix.strip("/") in environment.lake.zones
        key_prefix = key_prefix if zone_only or prefix.endswith("/") else key_prefix.rstrip("/")
    else:
        key_prefix = ""
    with calling("s3:ListObjectsV2", key_prefix):
        paginator = clients("s3").get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=environment.lake.bucket, Prefix=key_prefix):
            for item in page.get("Contents", ()):
                yield Stored(item["Key"], item["Size"], item["LastModified"])
