"""The vectors of one index: a matrix in memory, and beside the snapshot what was put and deleted, part by part.

A part is written once, when a request brings it, so that a save costs what changed. The matrix is made of the parts
when somebody first asks after a start. When more has been overwritten and deleted than is there, the parts are written
anew.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlops_iac.cloud.blobs import Blobs, Body
from mlops_iac.cloud.vectors.filters import Matches
from mlops_iac.core.strict_json import read_json

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

PART: Final = 5_000
"""Vectors of one part, where parts are written anew."""
WASTE: Final = 10_000
"""Vectors that may lie in the parts in vain, besides as many as are there."""
MASKS: Final = 16
"""Filters whose answers are remembered while nothing changes."""


class Vector(NamedTuple):
    key: str
    values: Sequence[float]
    metadata: Mapping[str, Any]


class Found(NamedTuple):
    key: str
    distance: float
    metadata: Mapping[str, Any]


class Collection:
    """Safe to use from many threads. ``parts`` is the snapshot's own list, changed under the gateway's lock."""

    def __init__(self, blobs: Blobs, parts: list[Body], dimension: int, metric: str) -> None:
        self._blobs, self._parts = blobs, parts
        self._dimension, self._metric = dimension, metric
        self._lock = threading.RLock()
        self._keys: list[str | None] = []
        """By row; None where a vector was deleted."""
        self._metadata: list[Mapping[str, Any]] = []
        self._rows: dict[str, int] = {}
        self._matrix = self._room = self._zeros(0)
        """The rows in use, and the room they lie in, which is larger."""
        self._written = 0
        """Vectors and deletions in all parts."""
        self._masks: dict[str, Any] = {}
        for part in parts:
            self._take(*_read(part, dimension))

    def __len__(self) -> int:
        return len(self._rows)

    # Changes: the caller holds the gateway's lock -------------------------------------------------------------------

    def put(self, vectors: Sequence[Vector]) -> None:
        """A vector whose key is there takes the other's place; of two in one request the later counts."""
        import numpy as np

        latest = {one.key: one for one in vectors}.values()
        matrix = np.asarray([one.values for one in latest], dtype=np.float32)
        entries = [(one.key, one.metadata) for one in latest]
        with self._lock:
            self._parts.append(self._blobs.keep(_write(entries, matrix)))
            self._take(entries, matrix, [])
            self._tidy()

    def delete(self, keys: Iterable[str]) -> None:
        """Keys that are not there are no mistake."""
        with self._lock:
            gone = [key for key in dict.fromkeys(keys) if key in self._rows]
            if gone:
                self._parts.append(self._blobs.keep(_write([], self._zeros(0), gone)))
                self._take([], self._zeros(0), gone)
                self._tidy()

    # Questions ------------------------------------------------------------------------------------------------------

    def get(self, keys: Iterable[str]) -> list[Vector]:
        with self._lock:
            return [self._vector(self._rows[key]) for key in dict.fromkeys(keys) if key in self._rows]

    def page(self, start: str, most: int, segment: int, segments: int) -> tuple[list[Vector], str]:
        """Vectors in the order of their keys from ``start`` on, and the key at which the next page begins."""
        with self._lock:
            keys = sorted(key for key in self._rows if key >= start and _segment(key, segments) == segment)
            chosen, rest = keys[:most], keys[most:]
            return [self._vector(self._rows[key]) for key in chosen], rest[0] if rest else ""

    def nearest(self, query: Sequence[float], most: int, matches: Matches | None, spelled: str = "") -> list[Found]:
        """The nearest, nearest first; ``spelled`` is the filter as text, by which its answer is remembered."""
        import numpy as np

        with self._lock:
            keys, metadata = self._keys, self._metadata
            rows = self._eligible(matches, spelled)
            # Rows are never changed in place, only appended, so the matrix can be read without the lock.
            matrix = self._matrix
        if not len(rows):
            return []
        asked = np.asarray(query, dtype=np.float32)
        count = min(most, len(rows))
        best = rows[np.argpartition(self._ranks(matrix, rows, asked), count - 1)[:count]]
        chosen = sorted((self._distance(matrix[row], asked), str(keys[row]), int(row)) for row in best)
        return [Found(key, distance, metadata[row]) for distance, key, row in chosen]

    # Inside ---------------------------------------------------------------------------------------------------------

    def _ranks(self, matrix: Matrix, rows: Any, query: Matrix) -> Any:
        """A number for each row that grows with its distance: one product of matrices, however many rows there are."""
        import numpy as np

        chosen = matrix if len(rows) == len(matrix) else matrix[rows]
        squares = np.einsum("ij,ij->i", chosen, chosen)
        return -(chosen @ query) / np.sqrt(squares) if self._metric == "cosine" else squares - 2.0 * (chosen @ query)

    def _distance(self, row: Matrix, query: Matrix) -> float:
        """Cosine distance is one minus the cosine, from 0 to 2; the other is the length of the difference."""
        import numpy as np

        one: Any = row.astype(np.float64)
        other: Any = query.astype(np.float64)
        if self._metric == "cosine":
            return float(1.0 - one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
        return float(np.linalg.norm(one - other))

    def _eligible(self, matches: Matches | None, spelled: str) -> Any:
        """The rows that are there and match."""
        import numpy as np

        if spelled not in self._masks:
            if len(self._masks) >= MASKS:
                self._masks.clear()
            rows = sorted(self._rows.values())
            if matches is not None:
                rows = [row for row in rows if matches(self._metadata[row])]
            self._masks[spelled] = np.asarray(rows, dtype=np.int64)
        return self._masks[spelled]

    def _take(self, entries: Sequence[tuple[str, Mapping[str, Any]]], matrix: Matrix, gone: Sequence[str]) -> None:
        """Let a part count."""
        for key in (*gone, *(key for key, _ in entries)):
            row = self._rows.pop(key, None)
            if row is not None:
                self._keys[row] = None
        first = len(self._keys)
        self._append(matrix)
        for number, (key, metadata) in enumerate(entries):
            self._keys.append(key)
            self._metadata.append(metadata)
            self._rows[key] = first + number
        self._written += len(entries) + len(gone)
        self._masks = {}

    def _append(self, matrix: Matrix) -> None:
        """Room is doubled, so that a hundred thousand vectors are not copied for each five hundred."""
        used, wanted = len(self._keys), len(self._keys) + len(matrix)
        room = self._room
        if wanted > len(room):
            room = self._zeros(max(wanted, 2 * len(room)))
            room[:used] = self._matrix
            self._room = room
        room[used:wanted] = matrix
        self._matrix = room[:wanted]

    def _tidy(self) -> None:
        """Write the parts anew when most of what lies in them counts no more."""
        if self._written <= 2 * len(self._rows) + WASTE:
            return
        vectors = [self._vector(row) for row in sorted(self._rows.values())]
        kept, self._parts[:] = list(_parted(vectors)), []
        self._keys, self._metadata, self._rows, self._written = [], [], {}, 0
        self._matrix = self._room = self._zeros(0)
        for entries, matrix in kept:
            self._parts.append(self._blobs.keep(_write(entries, matrix)))
            self._take(entries, matrix, [])

    def _vector(self, row: int) -> Vector:
        return Vector(str(self._keys[row]), self._matrix[row].tolist(), self._metadata[row])

    def _zeros(self, count: int) -> Matrix:
        import numpy as np

        return np.zeros((count, self._dimension), dtype=np.float32)


def _parted(vectors: Sequence[Vector]) -> Iterator[tuple[list[tuple[str, Mapping[str, Any]]], Matrix]]:
    import numpy as np

    for first in range(0, len(vectors), PART):
        some = vectors[first : first + PART]
        matrix = np.asarray([one.values for one in some], dtype=np.float32)
        yield [(one.key, one.metadata) for one in some], matrix


def _write(entries: Sequence[tuple[str, Mapping[str, Any]]], matrix: Matrix, gone: Sequence[str] = ()) -> bytes:
    """A line of JSON, and the numbers as they lie in memory."""
    head = json.dumps({"entries": entries, "gone": gone}, separators=(",", ":"))
    return head.encode("ascii") + b"\n" + matrix.astype("<f4").tobytes()


def _read(part: Body, dimension: int) -> tuple[list[tuple[str, Mapping[str, Any]]], Matrix, list[str]]:
    import numpy as np

    head, _, numbers = part.read().partition(b"\n")
    told = read_json(head)
    entries = [(key, metadata) for key, metadata in told["entries"]]
    matrix = np.frombuffer(numbers, dtype="<f4").reshape(len(entries), dimension)
    return entries, matrix, told["gone"]


def _segment(key: str, segments: int) -> int:
    """Which of several listers sees a key: the same in every process."""
    import zlib

    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % segments
