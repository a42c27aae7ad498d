"""Bytes that lie beside the snapshot: bodies of S3 objects, and what runs leave behind.

They are written once, when they arrive, so that a save writes what changed and no object is held in memory. Large ones
have a file of their own, small ones are appended to a pack. A `Blob` says where; a `Body` is one or several of them in
a row, which is all that a multipart upload needs to become an object.

Nothing here is ever changed in place. A file is deleted by `sweep`, when neither a snapshot on disk names it nor
anything in this process holds it.
"""

from __future__ import annotations

import os
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

LARGE: Final = 64 * 1024
"""Bytes. A larger body has a file of its own."""

PACK: Final = 32 * 1024 * 1024
"""Bytes after which a pack is full."""

_PACK_NAME: Final = "pack-"

CHUNK: Final = 256 * 1024
"""Bytes that are read or written at a time."""


class Place(NamedTuple):
    """Where bytes lie; this is what a snapshot holds of them."""

    file: str
    offset: int
    size: int


class Blob:
    """A handle on bytes in a file. As long as one exists in this process, the file does."""

    __slots__ = ("__weakref__", "folder", "place")

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder, self.place = folder, place

    def chunks(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end``, some at a time."""
        with (self.folder / self.place.file).open("rb", buffering=0) as file:
            at, last = self.place.offset + start, self.place.offset + end
            while at < last:
                chunk = os.pread(file.fileno(), min(CHUNK, last - at), at)
                if not chunk:
                    raise OSError(f"{self.place.file} ends after {at} bytes; {last} are needed")
                at += len(chunk)
                yield chunk


class Body:
    """The content of one object: blobs in a row. Immutable; two objects may share it."""

    __slots__ = ("blobs", "md5", "size")

    def __init__(self, blobs: Iterable[Blob] = (), md5: str = "") -> None:
        self.blobs = tuple(blobs)
        self.size = sum(blob.place.size for blob in self.blobs)
        self.md5 = md5
        """Hexadecimal, where it is known: that of the whole content."""

    @property
    def files(self) -> set[str]:
        """The names of the files that hold its bytes."""
        return {blob.place.file for blob in self.blobs}

    def __len__(self) -> int:
        return self.size

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end``, some at a time."""
        end = self.size if end is None else min(end, self.size)
        at = 0
        for blob in self.blobs:
            first, last = max(start - at, 0), min(end - at, blob.place.size)
            if first < last:
                yield from blob.chunks(first, last)
            at += blob.place.size

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        return b"".join(self.chunks(start, end))

    def cut(self, start: int, end: int) -> Body:
        """A part of it, which needs no bytes of its own."""
        parts, at = [], 0
        for blob in self.blobs:
            file, offset, size = blob.place
            first, last = max(start - at, 0), min(end - at, size)
            if first < last:
                parts.append(_Part(blob, Place(file, offset + first, last - first)))
            at += size
        return Body(parts)

    @classmethod
    def join(cls, bodies: Iterable[Body]) -> Body:
        return cls(blob for body in bodies for blob in body.blobs)


class _Part(Blob):
    """A piece of a blob; it holds the whole one, and with it the file."""

    __slots__ = ("whole",)

    def __init__(self, whole: Blob, place: Place) -> None:
        super().__init__(whole.folder, place)
        self.whole = whole


class Blobs:
    """All blobs of one cloud, in its folder ``objects``. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, weakref.WeakSet[Blob]] = {}
        self._pack = ""
        self._packed = 0
        self._unsynced: set[str] = set()
        self._written: set[str] = set()
        self._doubtful: set[str] = set()
        """Of what was written: files that perhaps nothing needs."""

    def keep(self, content: bytes) -> Body:
        """Store bytes that are in memory."""
        if not content:
            return Body()
        with self.writer() as writer:
            writer.write(content)
            return writer.finish()

    def writer(self) -> Writer:
        """For bytes that arrive some at a time; see `Writer`."""
        return Writer(self)

    def at(self, place: Place) -> Blob:
        """The handle on bytes that a snapshot names; OSError when they are not there."""
        path = self.folder / Path(place.file).name  # never outside the folder
        if path.stat().st_size < place.offset + place.size:
            raise OSError(f"{path.name} is shorter than it was")
        return self._hold(Blob(self.folder, Place(path.name, *place[1:])))

    def sync(self) -> None:
        """Make sure that the disk has what was written: before a snapshot that names it is."""
        with self._lock:
            names, self._unsynced = self._unsynced, set()
        for name in names:
            try:
                descriptor = os.open(self.folder / name, os.O_RDONLY)
            except FileNotFoundError:
                continue  # deleted in the meantime
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def sweep(self, is_named: Callable[[str], bool], freed: Iterable[str] = ()) -> None:
        """Delete files of this process's making that no snapshot names and nothing here holds.

        A file that is named is not looked at again before it is among the ``freed``: those that something has named
        which is gone.
        """
        with self._lock:
            self._doubtful |= self._written.intersection(freed)
            doubtful = self._doubtful - {self._pack}
        # Asked without the lock: who answers has one of its own, under which others read bodies and ask for this one.
        named = {name for name in doubtful if is_named(name)}
        with self._lock:
            self._doubtful -= named
            for name in doubtful - named:
                if not self._held.get(name):
                    self._delete(name)

    def drop(self, names: Iterable[str]) -> None:
        """Delete files of bodies that were received for nothing, where nothing holds them. Packs stay for others."""
        with self._lock:
            for name in names:
                if name in self._written and not name.startswith(_PACK_NAME) and not self._held.get(name):
                    self._delete(name)

    def adopt(self) -> None:
        """Take what lies in the folder for this cloud's own, now that its snapshot was read: `sweep` may delete it."""
        if self.folder.exists():
            with self._lock:
                self._written |= {path.name for path in self.folder.iterdir()}
                self._doubtful |= self._written

    # Inside -------------------------------------------------------------------------------------------------------

    def _hold(self, blob: Blob) -> Blob:
        with self._lock:
            self._held.setdefault(blob.place.file, weakref.WeakSet()).add(blob)
        return blob

    def _add(self, name: str) -> None:
        self._written.add(name)
        self._doubtful.add(name)

    def _delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
        for names in (self._written, self._doubtful, self._unsynced):
            names.discard(name)
        self._held.pop(name, None)

    def _append(self, content: bytes) -> Blob:
        with self._lock:
            if not self._pack or self._packed + len(content) > PACK:
                self._pack, self._packed = f"{_PACK_NAME}{uuid.uuid4().hex}", 0
                self._add(self._pack)
            pack, offset = self._pack, self._packed  # one name for all that lies in it: a snapshot has it once
            self._write_at(self.folder / pack, content, offset)
            self._packed += len(content)
            self._unsynced.add(pack)
        return self._hold(Blob(self.folder, Place(pack, offset, len(content))))

    def _write_at(self, path: Path, content: bytes, offset: int) -> None:
        descriptor = self._open(path)
        try:
            done = 0
            while done < len(content):
                done += os.pwrite(descriptor, content[done:], offset + done)
        finally:
            os.close(descriptor)

    def _open(self, path: Path) -> int:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)

    def _finish(self, name: str, size: int) -> Blob:
        with self._lock:
            self._add(name)
            self._unsynced.add(name)
        return self._hold(Blob(self.folder, Place(name, 0, size)))


class Writer:
    """Takes bytes as they come. What is left unfinished when its context ends is thrown away.

    >>> with blobs.writer() as writer:
    ...     for chunk in chunks: writer.write(chunk)
    ...     body = writer.finish()
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._waiting = bytearray()
        self._file: Any = None
        self._name = ""
        self.size = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            (self._blobs.folder / self._name).unlink(missing_ok=True)
            self._file = None

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self._file is None and self.size > LARGE:
            self._name = uuid.uuid4().hex
            self._file = os.fdopen(self._blobs._open(self._blobs.folder / self._name), "wb", buffering=0)
            self._put(bytes(self._waiting))
            self._waiting.clear()
        if self._file is None:
            self._waiting += chunk
        else:
            self._put(chunk)

    def finish(self, md5: str = "") -> Body:
        """What was written, as a body."""
        if not self.size:
            return Body((), md5)
        if self._file is None:
            return Body((self._blobs._append(bytes(self._waiting)),), md5)
        self._file.close()
        self._file = None
        return Body((self._blobs._finish(self._name, self.size),), md5)

    def _put(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
