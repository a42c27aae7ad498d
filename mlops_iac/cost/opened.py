"""Which files a program opened, as Python itself tells (PEP 578): what else lies beside them it has not read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_heard: set[str] | None = None
_listens = False


@contextmanager
def opened_files() -> Iterator[set[str]]:
    """Absolute paths of what is opened meanwhile, by any thread; one at a time."""
    global _heard, _listens
    if not _listens:
        sys.addaudithook(_hear)  # there is no way to take one off again, so there is one
        _listens = True
    _heard = found = set[str]()
    try:
        yield found
    finally:
        _heard = None


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    heard = _heard
    if heard is not None and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        heard.add(os.path.abspath(os.fsdecode(arguments[0])))
