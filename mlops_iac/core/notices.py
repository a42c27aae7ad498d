"""What a person should know and is no error: said once, by whoever talks to the person, wherever it was found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], object]


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=3)


_listener: Listener = _warn
_told: set[str] = set()


def listen(listener: Listener) -> None:
    """Who says it from now on; nothing counts as said before. Without this, Python's own warnings say it."""
    global _listener
    _listener = listener
    _told.clear()


def notice(text: str) -> None:
    """One sentence, said once."""
    if text not in _told:
        _told.add(text)
        _listener(text)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What is said meanwhile, beside being said: for who has to say it again without finding it again."""
    global _listener
    before, heard = _listener, list[str]()

    def hear(text: str) -> None:
        heard.append(text)
        before(text)

    _listener = hear
    try:
        yield heard
    finally:
        _listener = before
