"""How Python's garbage collector is set for a command: short, with a heap that only grows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 1_000_000
"""New objects between two looks. What a preview imports is a third of that, and looking through them for garbage that
is not there took a tenth of its time."""


def let_rest() -> None:
    """For the rest of this process. What a whole run of a program leaves is collected before the next one."""
    gc.set_threshold(OBJECTS, 50, 50)


@contextmanager
def paused() -> Iterator[None]:
    """Nothing is collected meanwhile; after it the collector is on if it was."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
