"""What happened since the checkpoint was written: one JSON line per step that was begun or settled.

Saving a step costs the same for a small state and a large one. The journal is folded into the checkpoint at the end
of an operation; one that is still there when a stack is read belongs to a process that died, and is replayed.

    {"base": "<sha256 of the checkpoint it starts from>", "salt": "v1:…"}
    {"begin": 12, "type": "creating", "resource": {…}}
    {"end": 12, "put": {"12": {…}}, "drop": [3]}
    {"rename": ["urn:old", "urn:new"]}
    {"folded": "<sha256 of the checkpoint this journal went into>"}
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlops_iac.core.errors import StateError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.state import state_file
from mlops_iac.engine.state.files import explained
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Pending, PendingKind, Snapshot
from mlops_iac.engine.values.secrets import PassphraseManager

_KINDS: Final = {
    "base": str, "salt": str, "begin": int, "end": int, "put": dict, "drop": list, "rename": list, "folded": str,
}  # fmt: skip
"""What a line may say, and in which form."""

_URN: Final = re.compile(r"urn:pulumi:[^\s\"\\]+")


def digest(text: str) -> str:
    """What names a checkpoint; of an absent one, the digest of nothing."""
    return hashlib.sha256(text.encode()).hexdigest()


class Journal:
    """Applies changes to a snapshot in memory, and writes each to disk before it returns. Threads may share it.

    The file is made by the first line: an operation that changes nothing writes nothing.
    """

    def __init__(self, path: Path, snapshot: Snapshot, manager: PassphraseManager, base: str) -> None:
        self.path, self.snapshot, self.manager, self.base = path, snapshot, manager, base
        self._lock, self._syncing = threading.RLock(), threading.Lock()
        self._written = self._synced = 0
        """Lines that were written, and how many of them are known to be on the disk."""
        self._failed: OSError | None = None
        self._file: int | None = None
        self._has_base = self._is_closed = False
        self._encode = state_file.encoder(manager)

    @property
    def is_written(self) -> bool:
        return self._file is not None

    def begin(self, kind: PendingKind, record: Record) -> int:
        """Record that an operation is about to start. Its number is given to `end`."""
        with self._lock:
            key = self.snapshot.new_key()
            operation = Pending(kind=kind, record=record)
            line = self._write({"begin": key, **state_file.pending_json(operation, self._encode)})
            self.snapshot.pending[key] = operation
        self._sync(line)
        return key

    def end(self, number: int | None, *, put: Mapping[int, Record] | None = None, drop: tuple[int, ...] = ()) -> None:
        """Record how an operation came out: records that are new or changed, and records that are gone.

        ``number`` is None for changes that no call to the cloud stands behind.
        """
        put = put or {}
        with self._lock:
            told: dict[str, Any] = {} if number is None else {"end": number}
            if put:
                told["put"] = {str(key): state_file.record_json(record, self._encode) for key, record in put.items()}
            if drop:
                told["drop"] = list(drop)
            line = self._write(told) if told else 0
            self._apply(number, put, drop)
        self._sync(line)

    def rename(self, old: str, new: str) -> None:
        with self._lock:
            line = self._write({"rename": [old, new]})
            self.snapshot.rename(old, new)
        self._sync(line)

    def folded(self, checkpoint: str) -> None:
        """Record that a checkpoint with all of this is about to take the old one's place."""
        if self.is_written:
            self._sync(self._write({"folded": digest(checkpoint)}))

    def close(self, *, remove: bool) -> None:
        """Write no more: a call that comes back after its operation was given up has nothing to say any longer."""
        self._is_closed = True
        with self._syncing:
            file, self._file = self._file, None
        if file is not None:
            os.close(file)
            if remove:
                self.path.unlink(missing_ok=True)

    def _apply(self, number: int | None, put: Mapping[int, Record], drop: tuple[int, ...]) -> None:
        for key in drop:
            self.snapshot.drop(key)
        for key, record in put.items():
            self.snapshot.put(key, record)
            self.snapshot.touch(key)
        if number is not None:
            self.snapshot.pending.pop(number, None)

    def _write(self, line: Mapping[str, Any]) -> int:
        """Append a line; answers how many there are now, for `_sync`."""
        text = json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n"
        with self._explained():
            if self._is_closed:
                raise OSError("the operation is over")
            if self._failed:
                raise self._failed
            if self._file is None:
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            before = [] if self._has_base else [{"base": self.base}]
            salt = self.manager.state if self.manager.has_state and not self.snapshot.salt else ""
            if salt:  # it is known to the journal before the first line that needs it
                before.append({"salt": salt})
            _write_all(self._file, ("".join(json.dumps(line) + "\n" for line in before) + text).encode())
        self._has_base = True
        if salt:
            self.snapshot.salt = salt
        self._written += 1
        return self._written

    def _sync(self, line: int) -> None:
        """Return when the line is on the disk. One sync is for all the lines that were written before it began.

        After a sync that failed nothing more is promised: the system may have forgotten what it could not write.
        """
        with self._syncing:
            if self._synced >= line or self._file is None:
                return
            written = self._written
            try:
                with self._explained():
                    if self._failed:
                        raise self._failed
                    os.fsync(self._file)
            except StateError as error:
                self._failed = self._failed or (error.__cause__ if isinstance(error.__cause__, OSError) else OSError())
                raise
            self._synced = written

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.path, kept=self.path.with_suffix(".json"))


def _write_all(file: int, data: bytes) -> None:
    start = os.lseek(file, 0, os.SEEK_END)
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError:
        os.ftruncate(file, start)  # a full disk took half a line: the whole ones before it stay readable
        raise


@dataclass(frozen=True)
class Lost:
    """A line of a journal that cannot be read, and so a step that is not known."""

    number: int
    """Counted from 1."""
    urns: tuple[str, ...]
    """The resources that what is left of it names."""

    def __str__(self) -> str:
        about = f", about {', '.join(self.urns)}" if self.urns else ""
        return f"line {self.number}{about}"


class Lines(NamedTuple):
    """What a journal says."""

    whole: list[dict[str, Any]]
    lost: list[Lost]

    @property
    def base(self) -> str | None:
        """Which checkpoint it starts from; None when the line that says so is lost."""
        return next((line["base"] for line in self.whole if "base" in line), None)


def read_lines(path: Path) -> Lines:
    """The whole lines of a journal. A last one that a crash cut off is left out: what it says was not promised."""
    found = Lines([], [])
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return found
    for number, text_line in enumerate(text.split("\n")[:-1], 1):
        line = _parse(text_line)
        if line is None:
            found.lost.append(Lost(number, tuple(dict.fromkeys(_URN.findall(text_line)))))
        else:
            found.whole.append(line)
    return found


def _parse(text: str) -> dict[str, Any] | None:
    """A line that can be replayed; None for any other."""
    try:
        line = read_json(text, finite=False)
        sound = isinstance(line, dict) and all(type(line[key]) is kind for key, kind in _KINDS.items() if key in line)
        if not sound or not line.keys() & {*_KINDS, "type"}:
            return None
        for fields in [*line.get("put", {}).values(), *([line["resource"]] if "begin" in line else [])]:
            state_file.record_of(fields, lambda value: value)
        if "begin" in line:
            state_file.pending_of(line, lambda value: value)
        if "rename" in line and [type(urn) for urn in line["rename"]] != [str, str]:
            return None
        return (
            line if all(type(key) is int for key in [*map(int, line.get("put", {})), *line.get("drop", ())]) else None
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, StateError):
        return None


def append_folded(path: Path, checkpoint: str) -> None:
    """Say, at the end of a journal that another process left, which checkpoint it is going into.

    A last line that its writer did not finish is cut off first: joined to it, ours could not be read.
    """
    with explained(path):
        file = os.open(path, os.O_RDWR)
        try:
            whole = path.read_bytes().rfind(b"\n") + 1
            os.ftruncate(file, whole)
            _write_all(file, json.dumps({"folded": digest(checkpoint)}).encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)


def is_folded(lines: Lines, checkpoint: str) -> bool:
    """Whether the checkpoint already holds all that the journal says."""
    return bool(lines.whole) and lines.whole[-1].get("folded") == digest(checkpoint)


def replay(lines: Lines, snapshot: Snapshot, manager: PassphraseManager) -> None:
    """Bring a snapshot to where the journal ends. ``manager`` must have the journal's salt."""
    decode = state_file.decoder(manager)
    for line in lines.whole:
        if "begin" in line:
            snapshot.pending[line["begin"]] = state_file.pending_of(line, decode)
        elif "rename" in line:
            snapshot.rename(*line["rename"])
        elif "folded" not in line:
            for key in line.get("drop", ()):
                snapshot.drop(key)
            for key, fields in line.get("put", {}).items():
                snapshot.put(int(key), state_file.record_of(fields, decode))
                snapshot.touch(int(key))
            snapshot.pending.pop(line.get("end", -1), None)
    snapshot.reserve(max([*snapshot.records, *snapshot.pending, -1]) + 1)


def salt_of(lines: Lines) -> str:
    return next((line["salt"] for line in lines.whole if "salt" in line), "")
