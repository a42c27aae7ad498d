"""What the embedded cloud knows about a job or an endpoint, and where moto sees it.

Records are plain data in the gateway's store, so they live and die with the cloud's snapshot. moto's own dictionaries
get a `Shadow` of each, so that tags and the Resource Groups Tagging API, which are moto's, find them.

A job that has ended is kept for ever, and described now and then. So its record lies on the disk, written once; what
lists show of it is all that stays in memory and in each snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.gateway import Gateway

Key = tuple[str, str, str, str]
"""Kind, account, region, name."""

_MOTO_DICTIONARIES = {
    "hyper-parameter-tuning-job": "hyper_parameter_tuning_jobs",
    "training-job": "training_jobs",
    "processing-job": "processing_jobs",
    "transform-job": "transform_jobs",
    "endpoint": "endpoints",
}


@dataclass
class Shadow:
    """Stands for one of our objects in moto's dictionaries; holds its tags."""

    arn: str
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Ended:
    """A record that was put away."""

    shown: dict[str, Any]
    """What lists show of it."""
    whole: Appended
    """It, alone."""


def brief(record: dict[str, Any] | Ended) -> dict[str, Any]:
    """A record, or what lists show of one that was put away; reads nothing."""
    return record.shown if isinstance(record, Ended) else record


def _whole(record: dict[str, Any] | Ended) -> dict[str, Any]:
    """A copy of a record, one level deep."""
    return dict(next(iter(record.whole)) if isinstance(record, Ended) else record)


class Records:
    """All records of this cloud, by kind, account, region and name. Every method is safe to call from any thread."""

    def __init__(self, gateway: Gateway, store: str) -> None:
        self._gateway, self._store = gateway, store

    def find(self, key: Key) -> dict[str, Any] | None:
        """A copy of a record, one level deep: changing it changes nothing here."""
        with self._gateway.locked():
            record = self._gateway.store[self._store].get(key)
        return _whole(record) if record is not None else None

    def add(self, key: Key, record: dict[str, Any], arn: str = "", tags: list[dict[str, str]] | None = None) -> bool:
        """Add a record, unless there is one: then False. With an ARN, moto's dictionaries learn of it too."""
        with self._gateway.locked():
            records = self._gateway.store[self._store]
            if key in records:
                return False
            records[key] = record
            if arn and key[0] in _MOTO_DICTIONARIES:
                self._shadows(key)[key[3]] = Shadow(arn, list(tags or []))
        self._gateway.touch()
        return True

    def change(self, key: Key, **values: Any) -> None:
        """Set fields of a record; a record that is gone stays gone."""
        with self._gateway.locked():
            records = self._gateway.store[self._store]
            if isinstance(records.get(key), Ended):
                records[key] = _whole(records[key])
            if key in records:
                records[key].update(values)
        self._gateway.touch()
        self._gateway.bells.ring(key)

    def put_away(self, key: Key, shown: Iterable[str]) -> None:
        """Keep a record on the disk from now on: it hardly changes any more. ``shown`` names what lists show of it."""
        with self._gateway.locked():
            records = self._gateway.store[self._store]
            record = records.get(key)
            if isinstance(record, dict):
                kept = {name: record[name] for name in shown if record.get(name) is not None}
                records[key] = Ended(kept, Appended(self._gateway.blobs, [record]))
        self._gateway.touch()

    def remove(self, key: Key) -> None:
        with self._gateway.locked():
            self._gateway.store[self._store].pop(key, None)
            if key[0] in _MOTO_DICTIONARIES:
                self._shadows(key).pop(key[3], None)
        self._gateway.touch()

    def each(
        self, kind: str, account: str | None = None, region: str | None = None, *, whole: bool = True
    ) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Copies of all records of a kind. Without ``whole``, of those that were put away only what lists show."""
        with self._gateway.locked():
            found = [
                (key, record if isinstance(record, Ended) else dict(record))
                for key, record in self._gateway.store[self._store].items()
                if key[0] == kind and account in (None, key[1]) and region in (None, key[2])
            ]
        for key, record in found:
            yield key, (_whole(record) if whole else dict(brief(record)))

    def _shadows(self, key: Key) -> dict[str, Any]:
        from moto.backends import get_backend

        kind, account, region, _ = key
        dictionary: dict[str, Any] = getattr(get_backend("sagemaker")[account][region], _MOTO_DICTIONARIES[kind])
        return dictionary


def now() -> datetime:
    """The time as SageMaker tells it: UTC, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
