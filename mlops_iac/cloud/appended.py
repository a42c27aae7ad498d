"""Lists that only grow: log events, and what an execution did. They are written to disk once, and not held in memory.

moto keeps such lists for ever, and a snapshot that held them would be written again with all of them after each change.
Here a save writes what was appended since the last one, as one more blob, and the snapshot names the blobs. The blobs
are sealed, because they are pickles.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any, Final

from mlops_iac.cloud import seal
from mlops_iac.cloud.blobs import Blobs, Body

_PURPOSE: Final = b"appended 1"


class Appended:
    """What was flushed, in blobs, and what was not yet, in memory. Iterating reads the blobs, each time anew."""

    __slots__ = ("_blobs", "_tail", "parts")

    def __init__(self, blobs: Blobs, items: Iterable[Any] = ()) -> None:
        self._blobs = blobs
        self.parts: list[tuple[Body, int]] = []
        """Each with the number of its items."""
        self._tail = list(items)

    @classmethod
    def restored(cls, blobs: Blobs, parts: list[tuple[Body, int]]) -> Appended:
        made = cls(blobs)
        made.parts = parts
        return made

    def flush(self) -> None:
        """Write what was appended since the last time."""
        if self._tail:
            body = self._blobs.keep(seal.seal(pickle.dumps(self._tail), _PURPOSE))
            self.parts.append((body, len(self._tail)))
            self._tail = []

    def __iter__(self) -> Iterator[Any]:
        for body, _ in list(self.parts):
            yield from pickle.loads(seal.unseal(body.read(), _PURPOSE))  # noqa: S301 - sealed by this person's cloud
        yield from list(self._tail)

    def __len__(self) -> int:
        return sum(count for _, count in self.parts) + len(self._tail)

    def __iadd__(self, items: Iterable[Any]) -> Appended:
        self._tail.extend(items)
        return self
