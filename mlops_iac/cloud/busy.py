"""Whether something is under way that nobody hears of otherwise: a delivery to a target, a call of a function."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_under_way: set[object] = set()
"""moto's state belongs to the process, so there is one cloud in it."""
_lock = threading.Lock()


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """While this lasts, something is under way."""
    token = object()
    with _lock:
        _under_way.add(token)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(token)


def is_busy() -> bool:
    return bool(_under_way)
