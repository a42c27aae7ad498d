"""S3 objects whose bodies lie in files: moto holds each in memory, and copies it for every answer, copy and listing.

Here a key has a `Body`. moto's code goes on as it is, because what it takes for an object's bytes is an `Unread`: bytes
"""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.blobs import Body
from mlops_iac.cloud.checksums import KNOWN, Digest
from mlops_iac.cloud.moto_patches import s3_keys
from mlops_iac.cloud.uploads import RECEIVED
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_MIN_PART: Final = 5 * 1024 * 1024
"""Bytes of every part but the last (S3 user guide, multipart upload limits)."""

_handing = threading.local()


class Unread(bytes):
    """A body that passes through moto as if it were bytes."""

    body: Body

    def __new__(cls, body: Body) -> Unread:
        made = super().__new__(cls)
        made.body = body
        return made

    def __len__(self) -> int:
        return len(self.body)

    def __bool__(self) -> bool:
        return bool(len(self.body))

    def __getitem__(self, part: Any) -> Any:
        start, end, _ = part.indices(len(self))
        return Unread(self.body.cut(start, end))


def patch(gateway: Gateway) -> None:
    """Give moto's keys bodies in this cloud's blobs. Its modules are imported by now."""
    from moto.s3 import models, responses

    _patch_keys(gateway, models.FakeKey)
    s3_keys.patch(models.FakeKey)
    models.FakeMultipart.complete = _complete
    _copy_without_bodies(models)
    for kind, name in (
        (responses.S3Response, "get_object"),
        (responses.S3Response, "copy_object"),
        (models.S3Backend, "upload_part_copy"),
    ):
        _hand_unread(kind, name)
    _take_uploads(responses.S3Response)
    for module in (models, responses):
        module.compute_checksum = _compute_checksum


@contextlib.contextmanager
def taken_unread() -> Iterator[None]:
    """Within it, moto may answer with an `Unread` in this thread: its caller knows how to send one."""
    before = getattr(_handing, "taken", False)
    _handing.taken = True
    try:
        yield
    finally:
        _handing.taken = before


def _patch_keys(gateway: Gateway, key: Any) -> None:
    def get(self: Any) -> bytes:
        return Unread(self.body) if getattr(_handing, "unread", False) else self.body.read()

    def put(self: Any, value: Any) -> None:
        if isinstance(value, Unread):
            value = value.body
        elif not isinstance(value, Body):
            value = gateway.blobs.keep(value.encode() if isinstance(value, str) else value)
        self._value_buffer = None
        self.body, self.contentsize = value, len(value)

    def etag(self: Any) -> str:
        if self._etag is None:
            self._etag = self.body.md5 or Digest("md5").of(self.body).hexdigest()
        return f'"{self._etag}"'

    def dispose(self: Any, garbage: bool = False) -> None:
        self.disposed = True  # its body goes when no snapshot names it any more

    key.value, key.etag, key.dispose = property(get, put), property(etag), dispose
    if "__del__" in vars(key):
        del key.__del__


def _copy_without_bodies(models: Any) -> None:
    """moto copies each version in full to list it, and marks the copies. A delete marker has nothing to dispose of."""

    def copied(self: Any, _: Any) -> Any:
        made = object.__new__(type(self))
        vars(made).update(vars(self))
        return made

    models.FakeKey.__deepcopy__ = models.FakeDeleteMarker.__deepcopy__ = copied
    models.FakeDeleteMarker.dispose = lambda self: None


def _complete(self: Any, parts: Iterator[tuple[int, str]]) -> tuple[Body, str, tuple[str, str, int] | None]:
    """A multipart upload's parts in a row, with the entity tag and the checksum that S3 gives to them."""
    from moto.s3 import models

    found: list[Any] = []
    for number, etag in parts:
        part = self.parts.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise models.InvalidPart()
        if found and found[-1].contentsize < _MIN_PART:
            raise models.EntityTooSmall()
        found.append(part)
    if not found:
        raise models.MalformedXML
    tag = Digest("md5")
    for part in found:
        tag.update(bytes.fromhex(part.etag.strip('"')))
    body = Body.join(part.body for part in found)
    return body, f"{tag.hexdigest()}-{len(found)}", _checksum(self, found, body)


def _checksum(upload: Any, parts: list[Any], body: Body) -> tuple[str, str, int] | None:
    """Type, value and number of parts (S3 user guide, "Checking object integrity"); None when none was asked for."""
    algorithm = upload.metadata.get("x-amz-checksum-algorithm")
    if not algorithm:
        return None
    kind = upload.metadata.get("x-amz-checksum-type") or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
    if kind == "FULL_OBJECT":
        return kind, Digest(algorithm).of(body).base64(), 1
    whole = Digest(algorithm)
    for part in parts:
        whole.update(base64.b64decode(part.checksum_value or Digest(algorithm).of(part.body).base64()))
    return kind, whole.base64(), len(parts)


def check_whole(call: Call, upload: Any) -> None:
    """Hold a multipart upload against the checksum of the whole object that came with its completion.

    Raises `AwsError`. A value that ends in the number of parts is one of their checksums, which were compared.
    """
    for algorithm in KNOWN:
        given = call.params.get(f"Checksum{algorithm}")
        if not given or "-" in given:
            continue
        named = [each["PartNumber"] for each in (call.params.get("MultipartUpload") or {}).get("Parts", ())]
        parts = [upload.parts[number] for number in named if number in upload.parts]
        if given != Digest(algorithm).of(Body.join(part.body for part in parts)).base64():
            raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def _hand_unread(kind: Any, name: str) -> None:
    """Within this method of moto's, a key's value is not read, if who asked takes it so."""
    original = getattr(vars(kind)[name], "original", vars(kind)[name])

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        with _unread():
            return original(self, *arguments, **named)

    method.original = original  # type: ignore[attr-defined]
    setattr(kind, name, method)


@contextlib.contextmanager
def _unread() -> Iterator[None]:
    before = getattr(_handing, "unread", False)
    _handing.unread = getattr(_handing, "taken", False)
    try:
        yield
    finally:
        _handing.unread = before


def _take_uploads(response: Any) -> None:
    """Put what was received into a file where moto expects the request's body."""
    setup: Callable[..., None] = getattr(response.setup_class, "original", response.setup_class)
    upload: Callable[..., Any] = getattr(response.upload_part, "original", response.upload_part)

    def setup_class(self: Any, request: Any, full_url: str | None = None, headers: Any = None) -> None:
        setup(self, request, full_url, headers)
        body = request.environ.get(RECEIVED)
        if body is not None:
            self.body = body

    def upload_part(self: Any) -> Any:
        answer = upload(self)
        algorithm = self.headers.get("x-amz-sdk-checksum-algorithm", "").lower()
        checksum = algorithm and self.headers.get(f"x-amz-checksum-{algorithm}")
        if checksum:
            uploads = self.backend.get_bucket(self.bucket_name).multiparts
            uploads[self._get_param("uploadId")].parts[self._get_int_param("partNumber")].checksum_value = checksum
        return answer

    setup_class.original, upload_part.original = setup, upload  # type: ignore[attr-defined]
    response.setup_class, response.upload_part = setup_class, upload_part


def _compute_checksum(body: Any, algorithm: str, encode_base64: bool = True) -> bytes:
    """As moto's, of a body that is not in memory too."""
    digest = Digest(algorithm)
    if isinstance(body, Unread):
        digest.of(body.body)
    else:
        digest.update(body)
    return digest.base64().encode() if encode_base64 else digest.digest()
