"""A text that gets its name only when it is whole on the disk, and has been looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft(folder: Path, text: str, *, mode: int) -> Iterator[Path]:
    """A hidden file beside its place, with this text, on the disk; removed at the end unless it was given a name.

    Raises OSError when the disk does not take it.
    """
    descriptor, name = tempfile.mkstemp(prefix=".draft-", suffix=".tmp", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(mode)
        yield path
    finally:
        path.unlink(missing_ok=True)
