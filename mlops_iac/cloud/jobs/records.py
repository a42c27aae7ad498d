"""What the embedded cloud knows about a job or an endpoint, and where moto sees it.

Records are plain data in the gateway's store, so they live and die with the cloud's snapshot. moto's own dictionaries
get a `Shadow` of each, so that tags and the Resource Groups Tagging API, which are moto's, find them.

A job that has ended is kept for ever, and described now and then. So its record lies on a shelf, what lists show of it
apart from the rest, and its shadow does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.shelf import Shelf

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

    def read(self) -> dict[str, Any]:
        """The record, read anew."""
        return dict(next(iter(self.whole)))


class Records:
    """All records of this cloud, by kind, account, region and name. Every method is safe to call from any thread."""

    def __init__(self, gateway: Gateway, store: str) -> None:
        self._gateway, self._store = gateway, store

    def find(self, key: Key) -> dict[str, Any] | None:
        """A copy of a record, one level deep: changing it changes nothing here."""
        record = self._find(key)
        return record.read() if isinstance(record, Ended) else record

    def show(self, key: Key) -> dict[str, Any] | None:
        """As `find`, but what lists show is enough."""
        record = self._find(key)
        return dict(record.shown) if isinstance(record, Ended) else record

    def add(self, key: Key, record: dict[str, Any], arn: str = "", tags: list[dict[str, str]] | None = None) -> bool:
        """Add a record, unless there is one: then False. With an ARN, moto's dictionaries learn of it too."""
        with self._gateway.locked():
            if key in self._living or _place(key) in self._ended:
                return False
            self._living[key] = record
            if arn and key[0] in _MOTO_DICTIONARIES:
                self._shadows(key)[key[3]] = Shadow(arn, list(tags or []))
        self._gateway.touch()
        return True

    def change(self, key: Key, **values: Any) -> None:
        """Set fields of a record; a record that is gone stays gone."""
        with self._gateway.locked():
            ended = self._ended.pop(_place(key), None)
            if ended is not None:
                self._living[key] = ended.read()
            if key in self._living:
                self._living[key].update(values)
        self._gateway.touch()
        self._gateway.bells.ring(key)

    def put_away(self, key: Key, shown: Iterable[str]) -> None:
        """Keep a record on the disk from now on: it hardly changes any more. ``shown`` names what lists show of it."""
        with self._gateway.locked():
            record = self._living.pop(key, None)
            if record is not None:
                kept = {name: record[name] for name in shown if record.get(name) is not None}
                self._ended[_place(key)] = Ended(kept, Appended(self._gateway.blobs, [record]))
        self._gateway.touch()

    def remove(self, key: Key) -> None:
        with self._gateway.locked():
            self._living.pop(key, None)
            self._ended.pop(_place(key), None)
            if key[0] in _MOTO_DICTIONARIES:
                self._shadows(key).pop(key[3], None)
        self._gateway.touch()

    def each(
        self, kind: str, account: str = "", region: str = "", prefix: str = "", *, whole: bool = True
    ) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Copies of all records of a kind, of an account, of a region, whose names begin with ``prefix``.

        Without ``whole``, of those that were put away only what lists show.
        """
        given = "/".join(part for part in (kind, account, region) if part)
        with self._gateway.locked():
            living = [(key, dict(record)) for key, record in self._living.items()]
            ended = [_key(place) for place in self._ended.under(f"{given}/{prefix}")]
        for key, record in living:
            if _place(key).startswith(f"{given}/{prefix}"):
                yield key, record
        for key in ended:
            found = self._ended.peek(_place(key))
            if found is not None:
                yield key, (found.read() if whole else dict(found.shown))

    def living(self, kind: str = "") -> list[Key]:
        """Those that were not put away: of a kind, or all."""
        with self._gateway.locked():
            return [key for key in self._living if kind in ("", key[0])]

    @property
    def ended(self) -> int:
        """How many were put away."""
        return len(self._ended)

    def _find(self, key: Key) -> dict[str, Any] | Ended | None:
        with self._gateway.locked():
            record = self._living.get(key)
            if record is not None:
                return dict(record)
            found: Ended | None = self._ended.peek(_place(key))
            return found

    @property
    def _living(self) -> dict[Key, dict[str, Any]]:
        return self._gateway.store[self._store]

    @property
    def _ended(self) -> Shelf:
        shelves = self._gateway.store["ended"]
        if self._store not in shelves:
            shelves[self._store] = Shelf(self._gateway.database)
        found: Shelf = shelves[self._store]
        return found

    def _shadows(self, key: Key) -> MutableMapping[str, Any]:
        """moto's dictionary of a kind, which our own calls fill."""
        from moto.backends import get_backend

        kind, account, region, _ = key
        backend, name = get_backend("sagemaker")[account][region], _MOTO_DICTIONARIES[kind]
        if not isinstance(getattr(backend, name), Shelf):
            setattr(backend, name, Shelf(self._gateway.database))
        found: Shelf = getattr(backend, name)
        return found


def _place(key: Key) -> str:
    return "/".join(key)


def _key(place: str) -> Key:
    kind, account, region, name = place.split("/", 3)
    return kind, account, region, name


def now() -> datetime:
    """The time as SageMaker tells it: UTC, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
