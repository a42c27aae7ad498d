"""A dictionary whose entries lie in the cloud's database, and in memory from when they are touched to the next save.

moto keeps whatever there ever was in dictionaries: in a process that lives for days they are its memory, and most of
its snapshot. A `Shelf` takes such a dictionary's place.

An entry is found anew whenever it is needed. Who changes one does so while holding the gateway's lock, within which it
was found; the save, which holds it too, then sees what became of all that was touched.
"""

from __future__ import annotations

import heapq
import itertools
import uuid
from collections.abc import Callable, Iterator, MutableMapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from mlops_iac.cloud import pickling
from mlops_iac.cloud.database import Database, Entry

_PAGE: Final = 1000
"""Keys that are read at a time."""

Note = Callable[[Any], int | None]
"""A function of a module: what lists need to know of an entry."""


class Shelf(MutableMapping[str, Any]):
    """Ordered by the UTF-8 bytes of its keys. Safe to use from many threads."""

    def __init__(self, database: Database, owner: Any = None, note: Note | None = None) -> None:
        self._database, self._note = database, note
        self.owner = owner
        """What the entries may point back at, and of which there is one."""
        self.id = uuid.uuid4().int >> 65
        """63 bits, which are SQLite's positive numbers."""
        self._count = 0
        self._live: dict[str, Any] = {}
        self._as_read: dict[str, bytes] = {}
        self._touched: set[str] = set()
        self._gone: set[str] = set()
        self._saving = _Saving(set(), set(), {})

    # As a dictionary ----------------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        with self._database.lock:
            if key not in self._live:
                content = self._read(key)
                if content is None:
                    raise KeyError(key)
                self._live[key], self._as_read[key] = self._load(content), content
            self._touched.add(key)
            return self._live[key]

    def __setitem__(self, key: str, value: Any) -> None:
        with self._database.lock:
            self._count += key not in self
            self._live[key] = value
            self._touched.add(key)
            self._gone.discard(key)

    def __delitem__(self, key: str) -> None:
        with self._database.lock:
            if key not in self:
                raise KeyError(key)
            self._count -= 1
            self._live.pop(key, None)
            self._as_read.pop(key, None)
            self._touched.discard(key)
            self._gone.add(key)

    def __contains__(self, key: object) -> bool:
        with self._database.lock:
            return isinstance(key, str) and (key in self._live or self._read(key) is not None)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.notes())

    def __len__(self) -> int:
        return self._count

    # Without keeping it in memory ---------------------------------------------------------------------------------

    def peek(self, key: str) -> Any:
        """An entry to look at, and not to change; None when there is none."""
        with self._database.lock:
            if key in self._live:
                return self._live[key]
            content = self._read(key)
            return None if content is None else self._load(content)

    def notes(self, start: str = "") -> Iterator[tuple[str, int | None]]:
        """Keys from ``start`` on, in order, each with its note: loads no entry. Others may change it meanwhile."""
        with self._database.lock:
            live = sorted((key, self._note_of(self._live[key])) for key in self._live if key >= start)
        found = heapq.merge(live, self._notes_on_disk(start), key=itemgetter(0))  # of two equal keys the living first
        for key, both in itertools.groupby(found, key=itemgetter(0)):
            yield key, next(both)[1]

    def under(self, prefix: str) -> Iterator[str]:
        """The keys that begin so, in order."""
        return itertools.takewhile(lambda key: key.startswith(prefix), (key for key, _ in self.notes(prefix)))

    # For the save -------------------------------------------------------------------------------------------------

    def collect(self) -> tuple[list[Entry], set[str]]:
        """What must be written, and the types of which something cannot be.

        The caller holds the gateway's lock, and calls `settle` when it was written, or was not.
        """
        dropped: set[str] = set()
        with self._database.lock:
            self.settle(saved=False)  # of one that was never told
            self._saving = _Saving(self._touched, self._gone, {})
            self._touched, self._gone = set(), set()
            entries = [Entry(self.id, key) for key in self._saving.gone]
            for key in self._saving.touched:
                content, files, lost = pickling.dump_entry(self._live[key], self.owner)
                dropped |= lost
                if content != self._as_read.get(key):
                    entries.append(Entry(self.id, key, self._note_of(self._live[key]), content, files))
                    self._saving.contents[key] = content
        return entries, dropped

    def settle(self, *, saved: bool) -> None:
        """Forget what lies on the disk now and was not touched since. The caller holds the gateway's lock."""
        with self._database.lock:
            saving, self._saving = self._saving, _Saving(set(), set(), {})
            if not saved:
                self._touched |= saving.touched & self._live.keys()
                self._gone |= saving.gone - self._live.keys()
                return
            for key in saving.touched & self._live.keys():
                if key in self._touched:
                    self._as_read[key] = saving.contents.get(key, self._as_read.get(key, b""))
                else:
                    del self._live[key]
                    self._as_read.pop(key, None)

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            _restored,
            (type(self), self._database, self.id, self._note),
            {"owner": self.owner, "_count": self._count},
        )

    # Inside -------------------------------------------------------------------------------------------------------

    def _read(self, key: str) -> bytes | None:
        if key in self._gone or key in self._saving.gone:
            return None
        return self._database.read(self.id, key)

    def _load(self, content: bytes) -> Any:
        return pickling.load_entry(content, self._database, self.owner)

    def _note_of(self, value: Any) -> int | None:
        return self._note(value) if self._note else None

    def _notes_on_disk(self, start: str) -> Iterator[tuple[str, int | None]]:
        while page := self._database.notes(self.id, start, _PAGE):
            yield from (one for one in page if one[0] not in self._gone and one[0] not in self._saving.gone)
            start = page[-1][0] + "\0"


class _Saving(NamedTuple):
    """What a save that goes on has taken of a shelf."""

    touched: set[str]
    gone: set[str]
    contents: dict[str, bytes]


def _restored(kind: type[Shelf], database: Database, number: int, note: Note | None) -> Shelf:
    made = kind(database, note=note)
    made.id = number
    return made
