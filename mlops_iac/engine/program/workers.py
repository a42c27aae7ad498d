"""Threads that make calls to the cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Any

Job = tuple[Future[Any], Callable[[], Any]]


class Workers(ThreadPoolExecutor):
    """An executor whose threads are daemons: after a second Ctrl-C nobody waits for a call that hangs.

    It is a ThreadPoolExecutor because an event loop accepts no other class. With ``inline`` a call runs where
    it is asked for: a preview waits for nothing, and threads cost more than its calls.
    """

    def __init__(self, size: int, *, inline: Callable[[], bool] = lambda: False) -> None:
        super().__init__(1)  # never used: `submit` is ours
        self._size, self._inline = size, inline
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._started: list[threading.Thread] = []
        self._unfinished = 0
        self._counting = threading.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether no call is waiting or under way."""
        return self._unfinished == 0

    @property
    def threads(self) -> frozenset[threading.Thread]:
        return frozenset(self._started)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        job = (future, lambda: fn(*args, **kwargs))
        if self._inline():
            _run(job)
            return future
        with self._counting:
            self._unfinished += 1
            self._grow()
        self._jobs.put(job)
        return future

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around a wait for the program itself, whose answer may need another registration: one more may run."""
        with self._counting:
            self._size += 1
            self._grow()
        try:
            yield
        finally:
            with self._counting:
                self._size -= 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(wait=kind is None or issubclass(kind, Exception))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for _ in self._started:
            self._jobs.put(None)
        if wait:
            for thread in self._started:
                thread.join()

    def _grow(self) -> None:
        if len(self._started) < min(self._size, self._unfinished):
            thread = threading.Thread(target=self._work, name=f"register-{len(self._started)}", daemon=True)
            self._started.append(thread)
            thread.start()

    def _work(self) -> None:
        while job := self._jobs.get():
            _run(job)
            with self._counting:
                self._unfinished -= 1


def _run(job: Job) -> None:
    future, call = job
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)
