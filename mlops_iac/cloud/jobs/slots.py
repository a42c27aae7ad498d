"""As many jobs at once as the machine has cores; the others wait in the order they came."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable

log = logging.getLogger("mlops_iac.cloud.jobs")


class Slots:
    """A small pool of daemon threads, started when they are first needed."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or max(1, os.cpu_count() or 1)
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._idle = 0

    def submit(self, work: Callable[[], None]) -> None:
        """Run ``work`` when a slot is free. It handles its errors; one that escapes is logged and frees the slot."""
        with self._lock:
            if self._idle == 0 and len(self._threads) < self.count:
                thread = threading.Thread(target=self._serve, name=f"job slot {len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            else:
                self._idle = max(0, self._idle - 1)
        self._work.put(work)

    def _serve(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            except Exception:
                log.exception("A job's slot met an error.")
            with self._lock:
                if self._work.empty():
                    self._idle = min(len(self._threads), self._idle + 1)
