"""Files that are either the old ones or the new ones, never half, and that only their owner may read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops_iac.core.errors import StateError, UsageError


def make_folder(path: Path) -> None:
    """Make a folder and its parents, 0700."""
    with explained(path):
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)


def write_file(path: Path, text: str) -> None:
    """A file of the state: the old one or the new one. Mode 0600. Raises StateError when it cannot be written."""
    with explained(path):
        _write_whole(path, text)


def write_asked_for(path: Path, text: str) -> None:
    """A file that a person named, for an export or a plan, written as `write_file` does.

    Raises UsageError when it cannot be written: the state has nothing to do with it.
    """
    try:
        _write_whole(path, text)
    except OSError as error:
        raise UsageError(
            "The file cannot be written.",
            f"{path}: {error.strerror or error}.",
            hint="name a file in a folder of yours.",
        ) from error


def _write_whole(path: Path, text: str) -> None:
    """Write beside, to the disk, then rename: a reader sees the old file or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file byte by byte, whatever is in it, to one that is new. Mode 0600."""
    with explained(target), os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(source.read_bytes())
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make renames and deletions in a folder survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def explained(path: Path, *, kept: Path | None = None) -> Iterator[None]:
    """A disk that is full, read-only or not ours, in plain words. ``kept`` is where the last good state is."""
    try:
        yield
    except OSError as error:
        good = f"The last good state is {kept}." if kept and kept.exists() else "What was saved before is kept."
        raise StateError(
            "The state cannot be saved.",
            f"{path}: {error.strerror or error}. {good}",
            hint="make room, or make the folder writable, and run the command again: it continues where it stopped.",
        ) from error
