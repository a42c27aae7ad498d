"""What a run's data was when the run started: every object below a prefix, with the version that lay there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Store
from mlops_iac.runs.calls import calling
from mlops_iac.runs.unchanged import remembered

MOST_OBJECTS: Final = 10_000
"""Objects that a manifest names: ten requests to S3. Of a larger lake it says that it is not complete."""

MOST_LOOKED_AT: Final = 3 * MOST_OBJECTS
"""Versions, old ones and marks of deletion included, that are looked at for it."""


@dataclass(frozen=True)
class DataObject:
    key: str
    version_id: str
    """``null`` in a bucket without versions."""
    etag: str
    size: int
    """Bytes."""
    sha256: str | None = None
    """Of the content. Known where this machine put the object there."""

    @property
    def identity(self) -> str:
        """What is equal when the content is. S3's entity tag of an encrypted object differs with each upload."""
        return self.sha256 or self.etag


@dataclass(frozen=True)
class DataManifest:
    prefix: str
    objects: tuple[DataObject, ...]
    """In the order of their keys."""
    complete: bool = True
    """Whether it names all. A larger lake is named up to `MOST_OBJECTS`."""

    @property
    def size(self) -> int:
        """Bytes of what it names."""
        return sum(one.size for one in self.objects)

    @property
    def digest(self) -> str:
        """Sixteen hex digits for prefix, keys and their versions: equal when nothing was put there in between.

        Every machine finds the same, so nothing goes into it that only the one knows that put an object there.
        """
        lines = (f"{one.key}\0{one.version_id}\0{one.etag}\0{one.size}\n" for one in self.objects)
        return hashlib.sha256("".join((f"{self.prefix}\n", *lines)).encode()).hexdigest()[:16]

    def summary(self) -> dict[str, Any]:
        return {
            "prefix": self.prefix,
            "objects": len(self.objects),
            "bytes": self.size,
            "digest": self.digest,
            "complete": self.complete,
        }

    def to_json(self) -> dict[str, Any]:
        return {**self.summary(), "objects": [asdict(one) for one in self.objects]}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> DataManifest:
        """Raises KeyError and TypeError for what is no manifest."""
        objects = tuple(DataObject(**one) for one in body["objects"])
        return cls(str(body["prefix"]), objects, bool(body["complete"]))


def read_manifest(environment: Environment, store: Store, clients: Clients, prefix: str) -> DataManifest:
    """What lies below a prefix now, by ListObjectVersions."""
    hashes = remembered(environment, clients) if store == environment.lake else {}
    with calling("s3:ListObjectVersions", f"{store.bucket}/{prefix}"):
        pages = clients("s3").get_paginator("list_object_versions").paginate(Bucket=store.bucket, Prefix=prefix)
        found, complete = _latest(pages)
    objects = (_object(item, hashes) for item in found)
    return DataManifest(prefix, tuple(sorted(objects, key=lambda one: one.key)), complete)


def _latest(pages: Iterable[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], bool]:
    """The newest version of each object, and whether that is all of them."""
    found: list[Mapping[str, Any]] = []
    looked_at = 0
    for page in pages:
        looked_at += len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))
        found += _files(page)
        if len(found) > MOST_OBJECTS or (looked_at >= MOST_LOOKED_AT and page.get("IsTruncated")):
            return found[:MOST_OBJECTS], False
    return found, True


def _files(page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (item for item in page.get("Versions", ()) if item["IsLatest"] and not item["Key"].endswith("/"))


def _object(item: Mapping[str, Any], hashes: Mapping[str, list[str]]) -> DataObject:
    tag, sha256 = hashes.get(item["Key"], ("", None))
    known = sha256 if tag == item["ETag"] else None
    return DataObject(item["Key"], str(item["VersionId"]), item["ETag"].strip('"'), item["Size"], known)
