"""Objects on their way in: received into a file, unwrapped, and held against every checksum that came with them.

A body may be plain, or in chunks that the client signs or follows with a checksum ("aws-chunked": S3 API reference,
"Signature calculations: transferring payload in multiple chunks" and "…with trailing headers"). Chunk signatures are
not verified, like every other signature here; lengths and checksums are.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from mlops_iac.cloud.blobs import CHUNK, Blobs, Body
from mlops_iac.cloud.checksums import KNOWN, UNKNOWN, Digest

RECEIVED: Final = "mlops_iac.received"
"""Where a request's environment holds the `Body` that was received."""

_LINE: Final = 16 * 1024
"""Bytes of the longest header of a chunk, or trailer, that is read."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SUB_RESOURCES: Final = {"acl", "tagging", "retention", "legal-hold", "torrent", "restore", "select", "annotation"}


class Refused(Exception):
    """The upload is not what it says it is."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def is_upload(environ: Mapping[str, Any], service: str | None) -> bool:
    """Whether the request brings an object, or a part of one: ``PUT /bucket/key``."""
    if service != "s3" or environ["REQUEST_METHOD"] != "PUT" or "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return False
    _, _, key = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    query = {name for name, _ in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)}
    return bool(key) and not query & _SUB_RESOURCES


def receive(environ: dict[str, Any], blobs: Blobs) -> Body:
    """Read the body to its end, into a file; answers it with its MD5. Raises Refused.

    The environment then says what a plain upload of the same content would: length, encoding, checksum headers.
    """
    chunked = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "").startswith("STREAMING-") or "aws-chunked" in _encodings(
        environ
    )
    trailers: dict[str, str] = {}
    pieces = _raw(environ)
    with _emptied(pieces), blobs.writer() as writer:
        digests = {name: Digest(name) for name in ("md5", *_wanted(environ))}
        for chunk in _unwrap(pieces, trailers) if chunked else pieces:
            writer.write(chunk)
            for digest in digests.values():
                digest.update(chunk)
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in trailers.items()})
        _check(environ, digests, writer.size)
        body = writer.finish(digests["md5"].hexdigest())
    _tell_plainly(environ, digests, chunked)
    return body


def forget(environ: dict[str, Any]) -> set[str]:
    """Let go of what was received for a request that was refused; answers the files that held it."""
    body: Body | None = environ.pop(RECEIVED, None)
    return body.files if body else set()


def discard(environ: dict[str, Any]) -> None:
    """Read what is left of a body that nobody wants: a connection is used again only when nothing is left in it.

    A client that waits for word before it sends is not asked to.
    """
    if getattr(environ["wsgi.input"], "is_awaited", False):
        return
    with contextlib.suppress(Refused), _emptied(_raw(environ)):
        pass


@contextlib.contextmanager
def _emptied(pieces: Iterator[bytes]) -> Iterator[None]:
    """Whatever happens, read to the end, so that the client has sent all of it before it is answered."""
    try:
        yield
    finally:
        for _ in pieces:
            pass


def _wanted(environ: Mapping[str, Any]) -> list[str]:
    """The checksums to compute: those that were sent, or that follow. Raises Refused for one that is unknown here."""
    named = {environ.get("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "").upper()}
    named |= {name for name in (*KNOWN, *UNKNOWN) if f"HTTP_X_AMZ_CHECKSUM_{name}" in environ}
    named |= {
        trailer.strip().lower().removeprefix("x-amz-checksum-").upper()
        for trailer in environ.get("HTTP_X_AMZ_TRAILER", "").split(",")
    }
    if _SHA256.fullmatch(environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")):
        named.add("SHA256")
    if named & set(UNKNOWN):
        raise not_computed(min(named & set(UNKNOWN)))
    return [name for name in KNOWN if name in named]


def not_computed(algorithm: str) -> Refused:
    return Refused("NotImplemented", f"The embedded cloud does not compute checksums by {algorithm}.", 501)


def _raw(environ: Mapping[str, Any], chunk: int = CHUNK) -> Iterator[bytes]:
    """What the connection brings, up to the length that was announced; its end when it comes in HTTP's own chunks."""
    stream = environ["wsgi.input"]
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        while found := stream.read(chunk):
            yield found
        return
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left:
        found = stream.read(min(chunk, left))
        if not found:
            raise _incomplete()
        left -= len(found)
        yield found


def _unwrap(pieces: Iterator[bytes], trailers: dict[str, str]) -> Iterator[bytes]:
    """The content of an aws-chunked body; what follows it is put into ``trailers``."""
    stream = _Lines(pieces)
    while True:
        size, _, _ = stream.line().partition(b";")
        try:
            left = int(size, 16)
        except ValueError:
            raise Refused("InvalidChunkSizeError", "The chunk size is not a hexadecimal number.") from None
        if not left:
            break
        while left:
            found = stream.read(left)
            left -= len(found)
            yield found
        stream.line()
    while line := stream.line(or_end=True):
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower().startswith("x-amz-"):
            trailers[name.strip().lower()] = value.strip()


class _Lines:
    """Lines and bytes out of pieces that come as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def line(self, *, or_end: bool = False) -> bytes:
        while b"\n" not in self._rest:
            piece = next(self._pieces, b"")
            if not piece and or_end:
                line, self._rest = self._rest, b""
                return line
            if not piece or len(self._rest) > _LINE:
                raise _incomplete()
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r")

    def read(self, most: int) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
            if not self._rest:
                raise _incomplete()
        found, self._rest = self._rest[:most], self._rest[most:]
        return found


def _check(environ: Mapping[str, Any], digests: Mapping[str, Digest], size: int) -> None:
    announced = environ.get("HTTP_X_AMZ_DECODED_CONTENT_LENGTH")
    if announced is not None and announced != str(size):
        raise _incomplete()
    given = environ.get("HTTP_CONTENT_MD5")
    if given is not None:
        if len(_decode(given)) != 16:
            raise Refused("InvalidDigest", "The Content-MD5 you specified was invalid.")
        if given != digests["md5"].base64():
            raise Refused("BadDigest", "The Content-MD5 you specified did not match what we received.")
    payload = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if _SHA256.fullmatch(payload) and payload != digests["SHA256"].hexdigest():
        raise Refused(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    for name in KNOWN:
        given = environ.get(f"HTTP_X_AMZ_CHECKSUM_{name}")
        if given is not None and given != digests[name].base64():
            raise Refused("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _tell_plainly(environ: dict[str, Any], digests: Mapping[str, Digest], chunked: bool) -> None:
    """Leave in the environment what moto would read of a plain upload."""
    algorithm = environ.get("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "").upper()
    given = next((name for name in KNOWN if f"HTTP_X_AMZ_CHECKSUM_{name}" in environ), "")
    if given:
        environ["HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM"] = given
    elif algorithm in digests:
        environ[f"HTTP_X_AMZ_CHECKSUM_{algorithm}"] = digests[algorithm].base64()
    else:
        environ.pop("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", None)  # moto would invent one
    environ["CONTENT_LENGTH"] = "0"
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if chunked:
        environ["HTTP_X_AMZ_CONTENT_SHA256"] = "UNSIGNED-PAYLOAD"
        rest = [name for name in _encodings(environ) if name != "aws-chunked"]
        environ.pop("HTTP_CONTENT_ENCODING", None)
        if rest:
            environ["HTTP_CONTENT_ENCODING"] = ",".join(rest)


def _encodings(environ: Mapping[str, Any]) -> list[str]:
    return [name.strip() for name in environ.get("HTTP_CONTENT_ENCODING", "").split(",") if name.strip()]


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _incomplete() -> Refused:
    return Refused(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    )
