"""Which of a team's files lie in the lake already, with the same content: known without a request for each.

An upload leaves the file's SHA-256 in the object's metadata, which only a request for the object tells. A listing tells
entity tags, a thousand at a time, and an entity tag stands for one content of one object. So this machine remembers
which hash each tag stood for (in the cache, safe to delete), and asks for an object only when it does not know its tag.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Final

from mlops_iac.clients import Clients
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.environment import Environment
from mlops_iac.core.strict_json import read_json_file
from mlops_iac.runs.calls import calling
from mlops_iac.runs.lake import find_object

CHECKSUM: Final = "mlops-iac-sha256"
"""Object metadata by which an unchanged file is known."""

LARGEST_MEMORY: Final = 64 * 1024 * 1024
"""Bytes of what is remembered of one bucket: some 300,000 files. One that is larger begins anew."""

FEW: Final = 8
"""Keys for which asking one by one is cheaper than a listing, which may be long."""


class Known:
    """What the lake holds under some keys, and what this machine knows of it."""

    def __init__(self, environment: Environment, clients: Clients, keys: list[str]) -> None:
        self._environment, self._clients = environment, clients
        self._path = _memory_path(environment, clients)
        self._memory: dict[str, list[str]] = _read(self._path)
        """Key to its entity tag and the hash that it stood for."""
        self._learned: dict[str, list[str]] = {}
        self._listed = self._list(keys) if len(keys) > FEW else None

    def has(self, key: str, size: int, checksum: str) -> bool:
        """Whether the object with this key has this content."""
        if self._listed is not None:
            tag, there = self._listed.get(key, ("", -1))
            if there != size:
                return False
            remembered = self._memory.get(key, ["", ""])
            if remembered[0] == tag:
                return remembered[1] == checksum
        found = find_object(self._environment, self._clients, key)
        if not found or found.get("ContentLength") != size or found.get("Metadata", {}).get(CHECKSUM) != checksum:
            return False
        self.learn(key, found["ETag"], checksum)
        return True

    def learn(self, key: str, tag: str, checksum: str) -> None:
        self._learned[key] = [tag, checksum]

    def remember(self) -> None:
        """Keep what was learned for the next time; a cache that cannot be written is only a slower next time."""
        if self._learned:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
                temporary.write_text(json.dumps({**_read(self._path), **self._learned}))
                temporary.replace(self._path)

    def _list(self, keys: list[str]) -> dict[str, tuple[str, int]]:
        """Entity tag and size of each object below what the keys begin with."""
        prefix = os.path.commonprefix(keys)  # noqa: RUF071 - of characters is right: keys are no paths
        with calling("s3:ListObjectsV2", prefix):
            pages = self._clients("s3").get_paginator("list_objects_v2")
            return {
                item["Key"]: (item["ETag"], item["Size"])
                for page in pages.paginate(Bucket=self._environment.lake.bucket, Prefix=prefix)
                for item in page.get("Contents", ())
            }


def remembered(environment: Environment, clients: Clients) -> dict[str, list[str]]:
    """Key to its entity tag and the SHA-256 of that content, for what this machine has put into the lake."""
    return _read(_memory_path(environment, clients))


def _memory_path(environment: Environment, clients: Clients) -> Path:
    """One file for each bucket; the same name on two embedded clouds is two buckets."""
    place = hashlib.sha256(f"{clients.endpoint or 'aws'} {environment.lake.bucket}".encode()).hexdigest()[:16]
    return cache_folder() / "uploads" / f"{place}.json"


def _read(path: Path) -> dict[str, list[str]]:
    try:
        found = read_json_file(path, most=LARGEST_MEMORY)
        return {key: [str(tag), str(checksum)] for key, (tag, checksum) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
