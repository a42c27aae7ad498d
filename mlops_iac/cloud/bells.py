"""Who waits for something is told when it changes, so that waiting costs nothing.

A job of an hour would be looked at eighteen thousand times by a task that polls five times a second, and hundreds of
tasks would keep the machine busy with asking.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable


class Bells:
    """Bells by what they ring for. A bell that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._bells: dict[Hashable, weakref.WeakSet[threading.Event]] = {}
        self._lock = threading.Lock()

    def bell(self, key: Hashable) -> threading.Event:
        """An event that is set at the next change of ``key``. Hang it up before you look, or a change may slip by."""
        bell = threading.Event()
        with self._lock:
            self._bells.setdefault(key, weakref.WeakSet()).add(bell)
        return bell

    def ring(self, key: Hashable) -> None:
        """``key`` changed: ring, and forget who was told."""
        with self._lock:
            bells = self._bells.pop(key, None)
        for bell in bells or ():
            bell.set()
