"""How often the state of the cloud changed, and whether a snapshot holds all of it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Changes:
    """Counts changes, and lets others wait for the next."""

    def __init__(self) -> None:
        self._changes = threading.Condition()
        self._changed = 0
        self._marked = False
        self.on_first_change: Callable[[], object] = lambda: None
        """Called with the first change that no snapshot holds, before whoever made it is answered."""

    @property
    def changes(self) -> int:
        """How often state changed since the start."""
        return self._changed

    def touch(self) -> None:
        """Say that state changed other than by a request, so that a snapshot is saved soon."""
        with self._changes:
            if not self._marked:
                self.on_first_change()
                self._marked = True
            self._changed += 1
            self._changes.notify_all()

    def all_kept(self, changes: int, fn: Callable[[], object]) -> None:
        """Say that a snapshot holds what changed up to then; ``fn`` is called when nothing has changed since."""
        with self._changes:
            if self._changed == changes:
                self._marked = False
                fn()

    def wait_for_change(self, seen: int, timeout: float) -> int:
        """Block until something changed after ``seen`` or ``timeout`` seconds passed; answers the change counter."""
        with self._changes:
            self._changes.wait_for(lambda: self._changed != seen, timeout)
            return self._changed
