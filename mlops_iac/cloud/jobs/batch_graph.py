"""Which Batch jobs wait for which. Knows ids and nothing else; in memory, as what waits does not survive a restart."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable


class Waiting:
    """Jobs that wait for others. Every method is safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._needs: dict[str, set[str]] = {}
        self._needed_by: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, job: str, needs: Iterable[str]) -> None:
        """A job that waits until all of ``needs`` have ended well."""
        with self._lock:
            self._needs[job] = set(needs)
            for other in self._needs[job]:
                self._needed_by[other].add(job)

    def succeeded(self, job: str) -> list[str]:
        """The jobs that nothing holds back any more."""
        with self._lock:
            ready = []
            for other in sorted(self._needed_by.pop(job, ())):
                needs = self._needs.get(other)
                if needs is None:
                    continue
                needs.discard(job)
                if not needs:
                    del self._needs[other]
                    ready.append(other)
            return ready

    def failed(self, job: str) -> list[str]:
        """The jobs that can never run now."""
        with self._lock:
            return [other for other in sorted(self._needed_by.pop(job, ())) if self._needs.pop(other, None) is not None]

    def remove(self, job: str) -> bool:
        """Take a waiting job out; False when it does not wait."""
        with self._lock:
            return self._needs.pop(job, None) is not None

    def clear(self) -> None:
        with self._lock:
            self._needs.clear()
            self._needed_by.clear()
