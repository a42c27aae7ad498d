"""The checksums that S3 knows, of bytes that come some at a time."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any, Final

from mlops_iac.cloud.blobs import Body

_HASHES: Final = ("md5", "sha1", "sha256")

CHECKED: Final = ("CRC32", "SHA1", "SHA256")
"""Algorithms whose values are computed here and compared. CRC32C and CRC64NVME need libraries that are written in C and
that nothing else here needs; their values are kept as the client gave them."""

KNOWN: Final = (*CHECKED, "CRC32C", "CRC64NVME")


class Digest:
    """One running checksum, by S3's name for it or by ``md5``; CRC32 stands in for what is not computed here."""

    def __init__(self, algorithm: str) -> None:
        name = algorithm.lower()
        self._hash: Any = hashlib.new(name, usedforsecurity=False) if name in _HASHES else None
        self._crc = 0

    def update(self, chunk: bytes) -> None:
        if self._hash is not None:
            self._hash.update(chunk)
        else:
            self._crc = zlib.crc32(chunk, self._crc)

    def of(self, body: Body) -> Digest:
        """The checksum of a whole body, read some at a time."""
        for chunk in body.chunks():
            self.update(chunk)
        return self

    def digest(self) -> bytes:
        return bytes(self._hash.digest()) if self._hash is not None else self._crc.to_bytes(4, "big")

    def hexdigest(self) -> str:
        return self.digest().hex()

    def base64(self) -> str:
        return base64.b64encode(self.digest()).decode()
