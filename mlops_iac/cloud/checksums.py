"""The checksums that S3 knows, of bytes that come some at a time."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from typing import Any, Final

from mlops_iac.cloud.blobs import Body

_HASHES: Final = ("MD5", "SHA1", "SHA256", "SHA512")
_CRCS: Final = {"CRC32": ("", 4), "CRC32C": ("CRC32-ISCSI", 4), "CRC64NVME": ("CRC64-NVME", 8)}
"""S3's name to that in the catalogue of parametrised CRC algorithms, and bytes. zlib has the first."""

KNOWN: Final = (*_CRCS, *_HASHES)
"""What is computed here of what S3 takes for an object (S3 user guide, "Checking object integrity")."""

UNKNOWN: Final = ("XXHASH128", "XXHASH3", "XXHASH64")
"""Refused: nobody here could say whether a value is right."""


Crc = Callable[[bytes, int], int]
"""Bytes and the value so far to the value with them."""


class Digest:
    """One running checksum, by S3's name for it or by ``md5``."""

    def __init__(self, algorithm: str) -> None:
        name = algorithm.upper()
        self._hash: Any = hashlib.new(name.lower(), usedforsecurity=False) if name in _HASHES else None
        self._crc: Crc | None = None
        if self._hash is None:
            model, self._bytes = _CRCS[name]
            self._crc = _crc(model)
        self._value = 0

    def update(self, chunk: bytes) -> None:
        if self._crc is None:
            self._hash.update(chunk)
        else:
            self._value = self._crc(chunk, self._value)

    def of(self, body: Body) -> Digest:
        """The checksum of a whole body, read some at a time."""
        for chunk in body.chunks():
            self.update(chunk)
        return self

    def digest(self) -> bytes:
        return bytes(self._hash.digest()) if self._crc is None else self._value.to_bytes(self._bytes, "big")

    def hexdigest(self) -> str:
        return self.digest().hex()

    def base64(self) -> str:
        return base64.b64encode(self.digest()).decode()


def _crc(model: str) -> Crc:
    if not model:
        return zlib.crc32
    import anycrc

    calc: Crc = anycrc.Model(model).calc
    return calc
