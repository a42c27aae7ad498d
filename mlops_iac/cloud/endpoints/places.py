"""What asynchronous requests wait for: so many at one time at each instance, and none where there is no instance."""

from __future__ import annotations

import threading


class Places:
    """Safe to use from any thread."""

    def __init__(self, each: int) -> None:
        """``each``: how many requests an instance gets at the same time."""
        self._each, self._instances, self._taken = each, 0, 0
        self._changed = threading.Condition()

    def have(self, instances: int) -> None:
        with self._changed:
            self._instances = instances
            self._changed.notify_all()

    def take(self, wait: float) -> bool:
        """One of them, once it is free; False when none became so within ``wait`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken < self._each * self._instances, wait):
                return False
            self._taken += 1
            return True

    def give(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()
