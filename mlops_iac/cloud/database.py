"""What a cloud keeps entry by entry, in one SQLite file: a save writes what changed, memory holds what is in use.

A snapshot is a moment, and the entries of a `Shelf` belong to it: each is written with the number of the save that
wrote it. The snapshot of save N sees of each entry the newest that is not newer than N. So whatever a kill leaves
behind, the last snapshot that was finished finds its own entries, and so does the one before it. What neither sees is
deleted.

Entries are pickles, so they are sealed (`seal`), each for its place. Names of entries are not.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlops_iac.cloud import seal
from mlops_iac.cloud.blobs import Blobs

NAME: Final = "cloud.db"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, shelf INTEGER, key BLOB, save INTEGER, note INTEGER, content BLOB, UNIQUE (shelf, key, save)
);
CREATE INDEX IF NOT EXISTS saves ON entries (save);
CREATE TABLE IF NOT EXISTS files (
    file TEXT, entry INTEGER REFERENCES entries ON DELETE CASCADE, size INTEGER, PRIMARY KEY (file, entry)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_of_entries ON files (entry);
"""
"""``content`` is empty where an entry was deleted; ``size`` is how long a blob's file must be, at least."""

_OLD: Final = """
SELECT old.id FROM entries AS new JOIN entries AS old ON old.shelf = new.shelf AND old.key = new.key
WHERE new.save > :purged AND new.save <= :seen AND (old.save < new.save OR old.id = new.id AND new.content IS NULL)
"""


class Entry(NamedTuple):
    """What a save writes of one entry."""

    shelf: int
    key: str
    note: int | None = None
    """A number that says enough of it for a list."""
    content: bytes | None = None
    """None: it was deleted."""
    files: Mapping[str, int] = {}
    """The blobs' files that it names, each with the bytes that it must have."""


class Database:
    """The file is made when there is something to write. Safe to use from many threads."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self.path = folder / NAME
        self.blobs = blobs
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._purged = 0
        self._shelves: set[int] = set()
        """Those of which something is there."""

    def read(self, shelf: int, key: str) -> bytes | None:
        """An entry's content; None when there is none."""
        query = "SELECT content FROM entries WHERE shelf = ? AND key = ? ORDER BY save DESC LIMIT 1"
        for (content,) in self._ask(query, (shelf, _encoded(key))):
            return None if content is None else seal.unseal(content, _purpose(shelf, key))
        return None

    def notes(self, shelf: int, start: str, most: int) -> list[tuple[str, int | None]]:
        """Keys from ``start`` on, in the order of their UTF-8 bytes, with their notes."""
        query = (
            "SELECT key, note, max(save) FROM entries WHERE shelf = ? AND key >= ? GROUP BY key "
            "HAVING content IS NOT NULL ORDER BY key LIMIT ?"
        )
        return [(_decoded(key), note) for key, note, _ in self._ask(query, (shelf, _encoded(start), most))]

    def write(self, save: int, entries: Iterable[Entry]) -> None:
        """Write what changed, durably, and all of it or nothing. Of an attempt that failed nothing is left."""
        with self.lock, self._open() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN")
            self._delete("SELECT id FROM entries WHERE save >= ?", (save,))
            for entry in entries:
                self._insert(save, entry)

    def purge(self, seen: int, shelves: Iterable[int]) -> frozenset[str]:
        """Delete what only saves before ``seen`` see, and all that lies on other shelves than these.

        Answers the blobs' files that something deleted has named. Until the next `write` a lost machine may bring it
        back, to be deleted again.
        """
        if not self.path.exists():
            return frozenset()
        with self.lock, self._open() as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN")
            freed = self._delete(_OLD, {"purged": self._purged, "seen": seen})
            for shelf in self._shelves.difference(shelves):
                freed |= self._delete("SELECT id FROM entries WHERE shelf = ?", (shelf,))
            self._shelves.intersection_update(shelves)
            self._purged = seen
            return freed

    def rewind(self, save: int) -> None:
        """Forget what was written after a save, which no snapshot sees."""
        if not self.path.exists():
            return
        with self.lock, self._open():
            self._delete("SELECT id FROM entries WHERE save > ?", (save,))

    def last_save(self) -> int:
        return int(next(self._ask("SELECT max(save) FROM entries"), (0,))[0] or 0)

    def names(self, file: str) -> bool:
        """Whether an entry that a snapshot may see names one of the blobs' files."""
        return any(self._ask("SELECT 1 FROM files WHERE file = ? LIMIT 1", (file,)))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """All of the blobs' files that are named, each with the bytes that it must have."""
        return self._ask("SELECT file, max(size) FROM files GROUP BY file")

    def copy(self, path: Path) -> None:
        """A copy of the file, as it is."""
        if self.path.exists():
            with self.lock:
                self._open().execute("VACUUM INTO ?", (str(path),))
            path.chmod(0o600)

    def files(self) -> list[Path]:
        """Where it lies: SQLite keeps what it wrote last in files beside its own."""
        return [self.path.with_name(f"{self.path.name}{end}") for end in ("", "-wal", "-shm")]

    def close(self) -> None:
        """Nothing is lost by not closing it: the next process finds what was written."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    # Inside -------------------------------------------------------------------------------------------------------

    def _ask(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        if self._connection is None and not self.path.exists():
            return iter(())
        with self.lock:
            return iter(self._open().execute(query, values).fetchall())

    def _insert(self, save: int, entry: Entry) -> None:
        shelf, key, note, content, files = entry
        self._shelves.add(shelf)
        sealed = None if content is None else seal.seal(content, _purpose(shelf, key))
        made = self._open().execute(
            "INSERT INTO entries (shelf, key, save, note, content) VALUES (?, ?, ?, ?, ?)",
            (shelf, _encoded(key), save, note, sealed),
        )
        rows = [(file, made.lastrowid, size) for file, size in files.items()]
        self._open().executemany("INSERT INTO files VALUES (?, ?, ?)", rows)

    def _delete(self, which: str, values: Any) -> frozenset[str]:
        connection = self._open()
        freed = connection.execute(f"SELECT DISTINCT file FROM files WHERE entry IN ({which})", values)  # noqa: S608
        files = frozenset(file for (file,) in freed.fetchall())
        connection.execute(f"DELETE FROM entries WHERE id IN ({which})", values)  # noqa: S608 - ours, each of them
        return files

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.executescript("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON")
            connection.executescript(_TABLES)
            self._shelves = {shelf for (shelf,) in connection.execute("SELECT DISTINCT shelf FROM entries")}
            self._connection = connection
        return self._connection


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _decoded(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")


def _purpose(shelf: int, key: str) -> bytes:
    return b"entry 1 %d " % shelf + _encoded(key)
