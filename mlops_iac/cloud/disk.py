"""The disk under the embedded cloud: what cannot be kept is refused, so that nobody is told of success and loses it.

The whole state is in memory and saved a moment after each change. A change is let in only when the next snapshot will
find room, and while the last attempt to save did not fail.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Final

MARGIN: Final = 1024 * 1024
"""Bytes that must be free beside what is to be written."""


def find_fault(folder: Path, needed: int = 0) -> str:
    """Why this many bytes cannot be written into a folder that exists; empty when they can."""
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        return str(error.strerror)
    if disk.f_flag & os.ST_RDONLY:
        return os.strerror(errno.EROFS)
    if not os.access(folder, os.W_OK | os.X_OK):
        return os.strerror(errno.EACCES)
    free = disk.f_bavail * disk.f_frsize
    if free < needed + MARGIN:
        return f"{os.strerror(errno.ENOSPC)}: {free / MARGIN:.1f} MiB are free, {(needed + MARGIN) / MARGIN:.1f} needed"
    return ""


class Disk:
    """One cloud's folder: how much its state takes, and whether the last attempt to save it failed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bytes = 0
        self._failed = ""
        self._lock = threading.Lock()

    @property
    def failed(self) -> str:
        """Why the state could not be saved the last time; empty when it was."""
        return self._failed

    def saved(self, size: int) -> None:
        """The state was saved; it takes this many bytes."""
        with self._lock:
            self._bytes, self._failed = size, ""

    def not_saved(self, error: Exception) -> bool:
        """The state could not be saved. True when this is news."""
        told = str(error)
        with self._lock:
            news, self._failed = told != self._failed, told
        return news

    def find_fault(self, size: int) -> str:
        """Why a change that brings this many bytes could not be kept; empty when it can.

        The old snapshot stays until the new one is complete, so there must be room for both.
        """
        return self._failed or find_fault(self._folder, self._bytes + size)
