"""A bucket's keys lie on a shelf: each with its versions, oldest first, as in moto's own dictionary of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.shelf import Shelf

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_DELETED: Final = -1
"""The note of a key whose newest version is a delete marker; that of any other is its newest version's bytes."""


class Keys:
    """What moto expects of its ``_VersionedKeyStore``. What it lists is to be looked at, and not to be changed."""

    def __init__(self, versions: Shelf) -> None:
        self._versions = versions

    def __getitem__(self, key: str) -> Any:
        return self._versions[key][-1]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            self._versions[key].append(value)
        else:
            self._versions[key] = [value]

    def __contains__(self, key: object) -> bool:
        return key in self._versions

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)

    def get(self, key: str, default: Any = None) -> Any:
        versions = self.getlist(key)
        return versions[-1] if versions else default

    def getlist(self, key: str, default: Any = None) -> Any:
        return self._versions.get(key, default)

    def setlist(self, key: str, versions: Iterable[Any]) -> None:
        """An empty list is none: moto asks for it a moment later, and takes the key away."""
        self._versions[key] = list(versions)

    def pop(self, key: str) -> None:
        del self._versions[key]

    def look(self, key: str) -> list[Any]:
        """The versions of a key, to look at; empty when there is no such key."""
        return self._versions.peek(key) or []

    def names(self, start: str = "", *, deleted: bool = False) -> Iterator[str]:
        """Keys from ``start`` on, in order; those whose newest version is a delete marker where they are wanted."""
        return (key for key, note in self._versions.notes(start) if deleted or note != _DELETED)

    def sizes(self) -> list[int]:
        """Bytes of each key's newest version, where that is no delete marker."""
        return [size for _, size in self._versions.notes() if size is not None and size != _DELETED]

    def items(self) -> Iterator[tuple[str, Any]]:
        return ((key, versions[-1]) for key, versions in self.lists())

    def values(self) -> Iterator[Any]:
        return (value for _, value in self.items())

    def lists(self, start: str = "") -> Iterator[tuple[str, list[Any]]]:
        """Keys from ``start`` on, in order, with their versions, to look at."""
        return ((key, versions) for key in self.names(start, deleted=True) if (versions := self.look(key)))

    def item_size(self) -> int:
        return sum(self.sizes())

    iteritems, itervalues, iterlists = items, values, lists


def patch(gateway: Gateway) -> None:
    from moto.s3.models import FakeBucket, S3Backend

    original = getattr(FakeBucket.__init__, "original", FakeBucket.__init__)
    tag = getattr(S3Backend.put_object_tagging, "original", S3Backend.put_object_tagging)
    reset = getattr(S3Backend.reset, "original", S3Backend.reset)

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.keys = Keys(Shelf(gateway.database, note=_note))

    def put_object_tagging(self: Any, key: Any, tags: dict[str, str] | None) -> Any:
        """moto remembers of each object that it has no tags."""
        done = tag(self, key, tags)
        if not tags:
            self.tagger.delete_all_tags_for_resource(key.arn)
        return done

    def forget(self: Any) -> None:
        """moto disposes of each key, which here means nothing."""
        for bucket in (*self.buckets.values(), *self.table_buckets.values()):
            bucket.keys = {}
        reset(self)

    init.original, put_object_tagging.original, forget.original = original, tag, reset  # type: ignore[attr-defined]
    FakeBucket.__init__, S3Backend.put_object_tagging, S3Backend.reset = init, put_object_tagging, forget


def _note(versions: list[Any]) -> int:
    from moto.s3.models import FakeDeleteMarker

    newest = versions[-1] if versions else None
    return _DELETED if newest is None or isinstance(newest, FakeDeleteMarker) else newest.contentsize
