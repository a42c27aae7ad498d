"""S3's answers about what is named oddly, is not there, or is not known to moto.

moto lists keys that XML cannot hold, forgets ``encoding-type=url`` for versions, has no route for a key with a line's
end, takes keys of any length, and fails with a Python error for uploads and versions that are gone. And it takes a
sub-resource of an object that it does not know for the object: ``DELETE /bucket/key?annotation`` deletes the object.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from xml.parsers.expat import ExpatError

from mlops_iac.cloud.checksums import UNKNOWN
from mlops_iac.cloud.moto_patches import s3_bodies
from mlops_iac.cloud.uploads import not_computed
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

REFUSED: Final = (
    "DeleteObjectAnnotation",
    "GetObjectAnnotation",
    "GetObjectTorrent",
    "ListObjectAnnotations",
    "PutObjectAnnotation",
    "RenameObject",
    "UpdateObjectEncryption",
    "WriteGetObjectResponse",
)
"""Operations on an object that moto would carry out as if they were another."""

_LONGEST_KEY: Final = 1024
"""Bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects")."""

_ENCODED: Final = ("Delimiter", "KeyMarker", "Marker", "NextKeyMarker", "NextMarker", "Prefix", "StartAfter")
_ENCODED_IN: Final = {
    "CommonPrefixes": "Prefix",
    "Contents": "Key",
    "DeleteMarkers": "Key",
    "Uploads": "Key",
    "Versions": "Key",
}
"""What ``encoding-type=url`` encodes (S3 API reference, the four list operations)."""

_OF_AN_UPLOAD: Final = ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload")
_OF_AN_OBJECT: Final = (
    "DeleteObjectTagging",
    "GetObjectRetention",
    "PutObjectAcl",
)


def apply(gateway: Gateway) -> None:
    for operation in REFUSED:
        gateway.instead("s3", operation, _refuse)
    for operation in _OF_AN_UPLOAD:
        gateway.before("s3", operation, lambda call: _check_upload(gateway, call))
    for operation in _OF_AN_OBJECT:
        gateway.before("s3", operation, lambda call: check_object(gateway, call))
    for operation in ("CopyObject", "CreateMultipartUpload"):
        gateway.before("s3", operation, _check_algorithm)
    gateway.before("s3", "SelectObjectContent", _check_select)
    gateway.instead("s3", "GetObjectRetention", lambda call: _retention(gateway, call))
    gateway.when_used("s3", _patch)


def _refuse(call: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer s3:{call.operation}.", 501)


def _check_algorithm(call: Call) -> None:
    if call.params.get("ChecksumAlgorithm") in UNKNOWN:
        refused = not_computed(call.params["ChecksumAlgorithm"])
        raise AwsError(refused.code, refused.message, refused.status)


def _check_select(call: Call) -> None:
    if not (call.params.get("InputSerialization") and call.params.get("OutputSerialization")):
        raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate.")


def _check_upload(gateway: Gateway, call: Call) -> None:
    bucket = find_bucket(gateway, call)
    if bucket is None:
        return
    done = next((getattr(each, "multipart", None) for each in bucket.keys.look(call.params["Key"])[-1:]), None)
    if call.params["UploadId"] in bucket.multiparts:
        if call.operation == "CompleteMultipartUpload":
            s3_bodies.check_whole(call, bucket.multiparts[call.params["UploadId"]])
        return
    if done and done.id == call.params["UploadId"] and call.operation == "CompleteMultipartUpload":
        return  # asked again
    raise AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed.",
        404,
    )


def _retention(gateway: Gateway, call: Call) -> dict[str, Any]:
    """moto answers with the object itself."""
    found = check_object(gateway, call)
    if found is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not found.lock_mode:
        raise AwsError(
            "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration", 404
        )
    return {"Retention": {"Mode": found.lock_mode, "RetainUntilDate": datetime.fromisoformat(found.lock_until)}}


def check_object(gateway: Gateway, call: Call) -> Any:
    """The version that a call names, or the newest; None when there is no such bucket. `AwsError` when it is gone."""
    from moto.s3.models import FakeDeleteMarker

    bucket, version = find_bucket(gateway, call), call.params.get("VersionId")
    if bucket is None:
        return None
    versions = bucket.keys.look(call.params["Key"])
    found = next((one for one in versions if one.version_id == version), None) if version else None
    if version and found is None:
        raise AwsError("NoSuchVersion", "The specified version does not exist.", 404)
    if version and isinstance(found, FakeDeleteMarker):
        raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if not versions or (not version and isinstance(versions[-1], FakeDeleteMarker)):
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    return found or versions[-1]


def find_bucket(gateway: Gateway, call: Call) -> Any:
    """None when there is none, or another account's: moto has its answers for these."""
    from moto.s3.models import s3_backends
    from moto.utilities.utils import get_partition

    with gateway.locked("s3"):
        return s3_backends[call.account_id][get_partition(call.region)].buckets.get(call.params["Bucket"])


def _patch() -> None:
    from moto.moto_server.utilities import RegexConverter
    from moto.s3 import responses

    response = responses.S3Response
    _wrap(response, "setup_class", _setup)
    _wrap(response, "serialized", _serialise)
    _wrap(response, "_key_response", _answer)
    _wrap(response, "_bucket_response", _answer)
    _wrap(RegexConverter, "__init__", _match_lines)


def _wrap(kind: Any, name: str, around: Any) -> None:
    """Call ``around(original, self, …)`` instead of a method; a second server in this process wraps it no further."""
    original = getattr(kind, name)
    if getattr(original, "around", None) is around:
        return

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        return around(original, self, *arguments, **named)

    method.around = around  # type: ignore[attr-defined]
    setattr(kind, name, method)


def _match_lines(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """A key may hold a line's end, which a dot in a route does not match."""
    original(self, *arguments, **named)
    self.regex = f"(?s:{self.regex})"


def _setup(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """Keep the wish for encoded keys from moto, which grants it here and there."""
    original(self, *arguments, **named)
    self.wants_encoding = self.querystring.pop("encoding-type", [""])[0] == "url"


def _serialise(original: Any, self: Any, action_result: Any) -> Any:
    result = action_result.result
    if getattr(self, "wants_encoding", False) and isinstance(result, dict):
        action_result = type(action_result)({**_encoded(result), "EncodingType": "url"})
    return original(self, action_result)


def _encoded(result: Mapping[str, Any]) -> dict[str, Any]:
    encoded = dict(result)
    for name in _ENCODED:
        if isinstance(result.get(name), str):
            encoded[name] = quote(result[name])
    for name, member in _ENCODED_IN.items():
        if name in result:
            encoded[name] = [{**item, member: quote(item[member])} for item in result[name]]
    return encoded


def _answer(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
    from moto.s3.exceptions import MalformedXML, S3ClientError

    if len(self.parse_key_name().encode()) > _LONGEST_KEY:
        raise S3ClientError("KeyTooLongError", "Your key is too long")
    try:
        return original(self, *arguments, **named)
    except ExpatError as error:
        raise MalformedXML from error
