"""A limit on one program: one that hangs is a failure like any other, and never a suite that stands still."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LIMIT = 20.0
"""Seconds for one story, which takes a tenth of one; a busy machine is slower."""


class Hang(BaseException):
    """Not an Exception, so that nothing in between takes it for something it knows."""


@contextmanager
def watched(what: object, limit: float = LIMIT) -> Iterator[None]:
    """Fail with ``what`` and the place where it stood. The alarm rings again each second, also for what cleans up."""

    def ring(number: int, frame: Any) -> None:
        raise Hang("".join(traceback.format_stack(frame)[-6:]))

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit, 1.0)
    try:
        yield
    except Hang as hang:
        raise AssertionError(f"Hangs: {what}\n{hang}") from hang
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
