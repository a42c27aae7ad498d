"""What a cloud keeps from one process to the next, and the laws of keeping it.

A save costs what changed: bodies and what grows are written where they lie (`blobs`, `database`), and then the
snapshot, which names them, takes the last one's place.

Nothing is saved before the last state was restored. The last good snapshot stays until the next one has been read back,
and the one before it stays beside it. A restore that fails deletes nothing: the snapshot and the bodies that it names
are put aside together, and told.

While something has changed that no snapshot holds, the file ``unsaved`` lies in the folder; who finds it at the start
knows that the process before was killed and what it did last may be lost.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from mlops_iac.cloud import snapshot
from mlops_iac.cloud.home import SNAPSHOT, UNSAVED

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.home import Home

SAVE_AFTER: Final = 1.0
"""Seconds from a change to the snapshot that holds it, when nobody asks for it: what `kill -9` can lose."""

SAVE_SHARE: Final = 10
"""Saving never takes more than one part in this many of the time, however large the state is."""

_UNREAD: Final = ".unread"

log = logging.getLogger("mlops_iac.cloud")


def has_unread(home: Path) -> bool:
    """Whether a state lies there that could not be read: what it names is nowhere else told, and must stay."""
    return any(home.glob(f"*{_UNREAD}"))


class Keeper:
    """The state of one cloud on disk. `restore` comes first; until then, `save` does nothing."""

    def __init__(self, home: Home, gateway: Gateway) -> None:
        self._home, self._gateway = home, gateway
        self._path = home.path / SNAPSHOT
        self._saving = threading.Lock()
        self._saved: int | None = None
        self._told: frozenset[str] = frozenset()
        self._named = (snapshot.Named(), snapshot.Named())
        """By the snapshot on disk, and by the one before it."""
        self.unclean = (home.path / UNSAVED).exists()
        """Whether the process before this one ended without saving what had changed, until somebody was told."""
        gateway.on_first_change = self._mark

    def restore(self) -> str:
        """Load the last snapshot that can be loaded; answers what became of it."""
        told = self._load()
        self._saved = self._gateway.changes
        return told

    def save(self) -> bool:
        """Write a snapshot, unless nothing has changed since the last.

        False when it failed, which is logged, and when the folder is another cloud's by now: its state is left alone.
        """
        with self._saving:
            if self._saved is None or (self.is_current and not self._gateway.disk.failed):
                return True
            if not self._home.is_ours():
                return False
            try:
                self._write()
            except Exception as error:
                if self._gateway.disk.not_saved(error):
                    log.exception("The state could not be saved.")
                return False
        return True

    @property
    def is_current(self) -> bool:
        """Whether the snapshot on disk holds everything."""
        return self._saved == self._gateway.changes

    def save_changes(self, stopping: threading.Event) -> None:
        """Save some time after each change, never more often than `SAVE_SHARE` allows. Runs in a thread."""
        while not stopping.is_set():
            seen = self._saved or 0
            changed = self._gateway.wait_for_change(seen, timeout=60)
            if changed == seen or stopping.wait(SAVE_AFTER):
                continue
            began = time.monotonic()
            self.save()
            stopping.wait((time.monotonic() - began) * SAVE_SHARE)

    # Inside -------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        gateway = self._gateway
        with gateway.locked():
            changes = gateway.changes
            dumped = snapshot.dump(gateway.store, self._named[0].save)
        is_written = False
        try:
            gateway.blobs.sync()
            if dumped.entries:
                gateway.database.write(dumped.named.save, dumped.entries)
            snapshot.write(self._home, dumped.content)
            is_written = True
        finally:
            with gateway.locked():
                for shelf in dumped.shelves:
                    shelf.settle(saved=is_written)
        forgotten, self._named = self._named[1], (dumped.named, self._named[0])
        self._sweep(forgotten)
        gateway.disk.saved(len(dumped.content))
        self._tell_dropped(dumped.dropped)
        self._saved = changes
        gateway.all_kept(changes, lambda: self._home.remove(UNSAVED))

    def _sweep(self, forgotten: snapshot.Named) -> None:
        """Delete what only a snapshot needed that is gone."""
        last, before = self._named
        gone = self._gateway.database.purge(before.save, last.shelves | before.shelves)
        self._gateway.blobs.sweep(self._is_named, gone | forgotten.files - last.files)

    def _is_named(self, file: str) -> bool:
        return any(file in named.files for named in self._named) or self._gateway.database.names(file)

    def _mark(self) -> None:
        with contextlib.suppress(OSError):  # the folder was deleted: then nothing is kept anyway
            self._home.touch(UNSAVED)

    def _tell_dropped(self, dropped: frozenset[str]) -> None:
        for name in sorted(dropped - self._told):
            log.warning("Something cannot be kept over a restart, and is left out: a %s.", name)
        self._told |= dropped

    def _load(self) -> str:
        before = snapshot.previous(self._path)
        attempts = [path for path in (self._path, before) if path.exists()]
        problems = []
        for path in attempts:
            try:
                store, named = snapshot.load(path, self._gateway.database)
            except snapshot.NotLoadable as problem:
                problems.append(str(problem))
                continue
            self._gateway.store.update(store)
            self._named = (named, snapshot.named_by(before))
            if problems:
                return self._fell_back(problems[0])
            self._gateway.database.rewind(named.save)
            if not any(self._path.parent.glob(f"{self._path.name}.*{_UNREAD}")):
                self._gateway.blobs.adopt()
            return (
                "restored"
                if path == self._path
                else "restored: the last save was not finished; this is the one before."
            )
        return self._put_aside(problems[0]) if problems else "none"

    def _fell_back(self, problem: str) -> str:
        """The newest could not be loaded, the one before could.

        What lies in the folder stays as long as the newest does: some of the bodies are named by it alone.
        """
        aside = self._path.with_name(f"{self._path.name}.{time.time_ns()}{_UNREAD}")
        self._path.rename(aside)
        self._gateway.database.copy(aside.with_name(f"{aside.name}.db"))
        self._gateway.database.rewind(self._named[0].save)
        told = f"restored, but as it was one save earlier: {problem} The last save is kept as {aside.name}."
        log.error("The state was %s", told)
        return told

    def _put_aside(self, problem: str) -> str:
        """Snapshots and bodies go into a folder of their own, so that they can be put back together."""
        aside = self._path.with_name(f"unread-{time.time_ns()}")
        aside.mkdir(mode=0o700, exist_ok=True)
        gateway = self._gateway
        gateway.database.close()
        for path in (self._path, snapshot.previous(self._path), gateway.blobs.folder, *gateway.database.files()):
            if path.exists():
                path.rename(aside / path.name)
        log.error("The last state was not loaded: %s It is kept in %s.", problem, aside.name)
        return f"not loaded: {problem} It is kept in {aside.name}."
