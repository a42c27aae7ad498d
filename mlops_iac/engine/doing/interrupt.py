"""Ctrl-C: the first one asks to stop, so that what is in flight is finished and recorded; the second one interrupts.

SIGTERM, by which CI and service managers stop a program, is heard in the same way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interrupt_sets(cancelled: threading.Event, tell: Callable[[], object] | None = None) -> Iterator[None]:
    """While the block runs, a first signal sets the event and calls ``tell``; outside the main thread, not.

    A signal that the process was started to ignore (`nohup`, a shell's background job) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.getsignal(number) for number in heard}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: Any) -> None:
        cancelled.set()
        restore()
        if tell:
            # On a thread of its own: the main thread may hold, right now, the lock that telling takes.
            threading.Thread(target=tell, name="interrupted", daemon=True).start()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()
