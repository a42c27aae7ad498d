"""Large S3 objects of a snapshot, each in a file of its own that is written once.

A snapshot is written again after every change; wheels and models of a hundred megabytes should not be. So the body of a
large object goes to ``objects/`` under the hash of its content, and the snapshot only names it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

LARGE: Final = 64 * 1024
"""Bytes. Smaller bodies stay in the snapshot itself: a file each would cost more."""


class Blobs:
    """The bodies of one snapshot, while it is written or read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[str] = set()
        """What the snapshot that is being written names."""

    def reduce(self, key: Any) -> tuple[Any, ...]:
        """How a moto ``FakeKey`` with a large body is pickled: everything but the body, and the body's name."""
        name = getattr(key, "_mlops_iac_blob", None)
        if name is None or not (self.folder / name).exists():
            name = self._write(key.value)
            key._mlops_iac_blob = name  # a key's body never changes: a new body is a new key
        self.used.add(name)
        state = {member: value for member, value in vars(key).items() if member not in ("_value_buffer", "lock")}
        return _new, (type(key),), (state, name), None, None, _restore

    def read(self, name: str) -> bytes:
        return (self.folder / Path(name).name).read_bytes()

    def sweep(self) -> None:
        """Delete what the snapshot that was just written does not name."""
        if self.folder.exists():
            for path in self.folder.iterdir():
                if path.name not in self.used:
                    path.unlink(missing_ok=True)

    def _write(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        path = self.folder / name
        if not path.exists():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            temporary = path.with_name(f".{name}.{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        return name


READING: list[Blobs] = []
"""Where `_restore` finds bodies: pickle calls it without arguments of ours. Holds one while a snapshot is loaded."""


def _new(kind: Any) -> Any:
    """A key that has no body yet. If its body cannot be read, moto's finalizer finds nothing to dispose of."""
    made = kind.__new__(kind)
    made.disposed = True  # `_restore` puts the key's own answer here
    return made


def _restore(key: Any, state: tuple[dict[str, Any], str]) -> None:
    members, name = state
    key.__setstate__({**members, "value": READING[-1].read(name)})
