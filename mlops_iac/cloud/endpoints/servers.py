"""The model servers of one variant: as many as it should have, each request at the next of them.

A server is never stopped under a request: who takes one away lets it finish first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlops_iac.cloud.endpoints.serving import INVOCATION_TIMEOUT, Serving


class _Server:
    def __init__(self, serving: Serving) -> None:
        self.serving, self.requests = serving, 0


class Servers:
    """Safe to use from any thread. ``start`` starts one, and raises JobFailed when that fails."""

    def __init__(self, start: Callable[[], Serving], wanted: int = 1) -> None:
        self._start, self._wanted = start, wanted
        self._servers: list[_Server] = []
        self._turn, self._over = 0, False
        self._lock = threading.Condition()
        self._starting = threading.Lock()

    @property
    def running(self) -> int:
        return sum(server.serving.running for server in self._servers)

    def ready(self) -> Serving:
        """The one whose turn it is; one is started where none runs."""
        with self._lock:
            return self._next().serving

    @contextmanager
    def taken(self) -> Iterator[Serving]:
        """The same, kept up while it is taken."""
        with self._lock:
            server = self._next()
            server.requests += 1
        try:
            yield server.serving
        finally:
            with self._lock:
                server.requests -= 1
                server.serving.last_used = time.monotonic()
                self._lock.notify_all()

    def fill(self) -> None:
        """Start those that lack. Requests go on meanwhile, at those that run. Raises JobFailed."""
        with self._starting:
            while self._lacking() > 0:
                serving = self._start()
                with self._lock:
                    if not self._over:
                        self._servers.append(_Server(serving))
                        continue
                serving.stop()
                return

    def keep(self) -> None:
        """Start again what ended by itself, where something was started before."""
        if self._servers and self._lacking() > 0:
            self.fill()

    def resize(self, wanted: int) -> None:
        """Have so many from now on. Raises JobFailed when one does not start; those that did stay."""
        with self._lock:
            self._wanted = wanted
            surplus, self._servers = self._servers[wanted:], self._servers[:wanted]
        for server in surplus:
            with self._lock:
                self._lock.wait_for(lambda server=server: server.requests == 0, INVOCATION_TIMEOUT)  # type: ignore[misc]
            server.serving.stop()
        self.fill()

    def stop(self) -> None:
        """Stop all at once and for good, whatever is being asked."""
        with self._lock:
            self._over = True
            servers, self._servers = self._servers, []
        for server in servers:
            server.serving.stop()

    def stop_when_idle(self, idle: float) -> None:
        with self._lock:
            now = time.monotonic()
            asleep = [each for each in self._servers if not each.requests and now - each.serving.last_used > idle]
            self._servers = [each for each in self._servers if each not in asleep]
            for server in asleep:
                server.serving.stop()

    def _lacking(self) -> int:
        with self._lock:
            self._drop_ended()
            return self._wanted - len(self._servers)

    def _next(self) -> _Server:
        """The caller holds the lock: who comes during a cold start waits for it."""
        self._drop_ended()
        if not self._servers:
            self._servers.append(_Server(self._start()))
        self._turn = (self._turn + 1) % len(self._servers)
        return self._servers[self._turn]

    def _drop_ended(self) -> None:
        for server in [each for each in self._servers if not each.serving.running]:
            self._servers.remove(server)
            server.serving.stop()
