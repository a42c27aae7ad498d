"""What of an environment nobody may delete yet: versions under Object Lock, bucket by bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.core.retention import LOCKED
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.clock import read_time

NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"


@dataclass(frozen=True, kw_only=True)
class Locked:
    """Of one bucket."""

    bucket: str
    versions: int
    until: datetime | None
    """When the last of them is free; None where a legal hold has no end."""
    modes: tuple[str, ...]
    """governance, compliance, legal hold."""

    def __str__(self) -> str:
        many = "1 version is" if self.versions == 1 else f"{self.versions} versions are"
        end = f"until {self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else "with no end"
        return f"In {self.bucket} {many} locked {end} ({', '.join(self.modes)})"

    def to_json(self) -> dict[str, Any]:
        until = f"{self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else None
        return {"bucket": self.bucket, "versions": self.versions, "until": until, "modes": list(self.modes)}


def find_locked(environment: Environment, clients: Clients) -> list[Locked]:
    """Buckets of the environment's own in which something is locked; a bucket without Object Lock is one request."""
    locking = [(bucket, folders) for bucket, folders in places(environment) if _has_lock(clients, bucket)]
    if not locking:
        return []
    now = read_time(environment, clients)
    return [found for bucket, folders in locking if (found := _look(clients, bucket, folders, now))]


def places(environment: Environment) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Buckets, each with the folders in which something may be locked: raw data may be millions of objects."""
    for store in environment.stores.values():
        if not store.adopted:
            yield store.bucket, (*LOCKED, *(store.zones[zone] for zone in ("models",) if zone in store.zones))
    if environment.trail:
        yield environment.trail.bucket, ("",)


def _look(clients: Clients, bucket: str, folders: tuple[str, ...], now: datetime) -> Locked | None:
    held = [head for folder in folders for head in _heads(clients, bucket, folder) if _holds(head, now)]
    if not held:
        return None
    on_hold = any(head.get("ObjectLockLegalHoldStatus") == "ON" for head in held)
    modes = {str(head["ObjectLockMode"]).lower() for head in held if head.get("ObjectLockMode")}
    ends = [head["ObjectLockRetainUntilDate"] for head in held if head.get("ObjectLockRetainUntilDate")]
    return Locked(
        bucket=bucket,
        versions=len(held),
        until=None if on_hold else max(ends),
        modes=(*sorted(modes), *(("legal hold",) if on_hold else ())),
    )


def _has_lock(clients: Clients, bucket: str) -> bool:
    try:
        with missing_is_nothing(), calling("s3:GetObjectLockConfiguration", bucket):
            clients("s3").get_object_lock_configuration(Bucket=bucket)
            return True
    except CloudError as error:
        if error.code != NO_LOCK:
            raise
    return False


def _heads(clients: Clients, bucket: str, folder: str) -> Iterator[Mapping[str, Any]]:
    with missing_is_nothing(), calling("s3:ListObjectVersions", bucket):
        for page in clients("s3").get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=folder):
            asked = [
                {"Bucket": bucket, "Key": one["Key"], "VersionId": one["VersionId"]} for one in page.get("Versions", ())
            ]
            for answer in clients.many("s3", "head_object", asked):
                if isinstance(answer, Exception):
                    raise answer
                yield answer


def _holds(head: Mapping[str, Any], now: datetime) -> bool:
    until = head.get("ObjectLockRetainUntilDate")
    return head.get("ObjectLockLegalHoldStatus") == "ON" or bool(until and until > now)
