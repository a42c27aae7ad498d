"""Whether something is under way that nobody hears of otherwise: a delivery to a target, a call of a function; and
whether something waits for the clock alone, so that who waits for it in turn is at a standstill until that moves."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_under_way: set[object] = set()
"""moto's state belongs to the process, so there is one cloud in it."""
_waiting: set[object] = set()
_lock = threading.Lock()


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """While this lasts, something is under way."""
    with _in(_under_way):
        yield


@contextlib.contextmanager
def waiting_for_clock() -> Iterator[None]:
    """While this lasts, something goes on only when the clock says so: an endpoint's deployment that bakes."""
    with _in(_waiting):
        yield


def is_busy() -> bool:
    return bool(_under_way)


def waits_for_clock() -> bool:
    return bool(_waiting)


@contextlib.contextmanager
def _in(tokens: set[object]) -> Iterator[None]:
    token = object()
    with _lock:
        tokens.add(token)
    try:
        yield
    finally:
        with _lock:
            tokens.discard(token)
