"""Small objects that somebody reads by the thousand, as evaluations of runs, without a request of HTTP for each."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


_MOST_BYTES: Final = 1024 * 1024
"""Of an object that is small."""


def apply(gateway: Gateway) -> None:
    gateway.at_once["s3", "get_object"] = lambda call: _get(gateway, call)


def _get(gateway: Gateway, call: Call) -> dict[str, Any] | None:
    """The newest version of an object as it lies there; what asks for more than that, or is archived, goes to moto."""
    from moto.s3.models import FakeDeleteMarker, s3_backends
    from moto.utilities.utils import get_partition

    if call.params.keys() != {"Bucket", "Key"}:
        return None
    with gateway.locked("s3"):
        bucket = s3_backends[call.account_id][get_partition(call.region)].buckets.get(call.params["Bucket"])
        if bucket is None:
            return None
        versions = bucket.keys.look(call.params["Key"])
        if not versions or isinstance(versions[-1], FakeDeleteMarker):
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        key = versions[-1]
        if key.storage_class != "STANDARD" or key.size > _MOST_BYTES:
            return None
        return {
            "Body": io.BytesIO(key.body.read()),
            "ContentLength": key.size,
            "ETag": key.etag,
            "LastModified": key.last_modified,
        }
