"""S3's Object Lock where moto holds less than AWS: who may change a lock, whole buckets, uploads in parts.

moto keeps a locked version from being deleted. It lets anybody shorten a lock or take it away, refuses Object Lock for
a bucket with objects in it, lets versioning be suspended under it, and forgets the bucket's default for what is
uploaded in parts. Locks end by this cloud's clock.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.moto_patches.s3_answers import check_object, find_bucket
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MODES: Final = ("GOVERNANCE", "COMPLIANCE")
FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
_SUM: Final = "x-amz-checksum-"
_DENIED: Final = "Access Denied because object protected by object lock."


def apply(gateway: Gateway) -> None:
    held = gateway.holding
    gateway.instead("s3", "PutObjectLockConfiguration", held("s3", lambda call: _configure(gateway, call)))
    gateway.instead("s3", "GetObjectLockConfiguration", held("s3", lambda call: _configuration(gateway, call)))
    gateway.instead("s3", "PutObjectRetention", held("s3", lambda call: _retain(gateway, call)))
    gateway.instead("s3", "PutObjectLegalHold", held("s3", lambda call: _hold(gateway, call)))
    gateway.before("s3", "DeleteObject", held("s3", lambda call: _check_delete(gateway, call)))
    gateway.before("s3", "PutBucketVersioning", held("s3", lambda call: _check_versioning(gateway, call)))
    gateway.before("s3", "CreateMultipartUpload", _check_parts)
    gateway.before("s3", "PutObject", held("s3", lambda call: _check_put(gateway, call)))
    for operation in ("CompleteMultipartUpload", "CopyObject", "PutObject"):
        gateway.after("s3", operation, held("s3", lambda call: _lock_by_default(gateway, call)))
    gateway.when_used("s3", _patch)


def _patch() -> None:
    """moto would ask for the sum of a body where there is none, as when tags are put; here `_lock_by_default` locks."""
    from moto.s3.models import FakeBucket

    FakeBucket.has_default_lock = property(lambda self: False)


# Buckets ------------------------------------------------------------------------------------------------------------


def _configure(gateway: Gateway, call: Call) -> dict[str, Any]:
    """Also for a bucket that has objects; without a rule, what is new is not locked by itself."""
    bucket, given = _get_bucket(gateway, call), call.params.get("ObjectLockConfiguration") or {}
    default = (given.get("Rule") or {}).get("DefaultRetention") or {}
    days, years = int(default.get("Days") or 0), int(default.get("Years") or 0)
    if given.get("ObjectLockEnabled") != "Enabled" or (given.get("Rule") and not default):
        raise _malformed()
    if default and (default.get("Mode") not in MODES or (days > 0) == (years > 0)):
        raise _malformed()
    if not bucket.is_versioned:
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise AwsError("InvalidBucketState", message, 409)
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = default.get("Mode", "")
    bucket.default_lock_days, bucket.default_lock_years = days, years
    return {}


def _configuration(gateway: Gateway, call: Call) -> dict[str, Any]:
    bucket = _get_bucket(gateway, call)
    if not bucket.object_lock_enabled:
        message = "Object Lock configuration does not exist for this bucket"
        raise AwsError("ObjectLockConfigurationNotFoundError", message, 404)
    told: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if bucket.default_lock_mode:
        unit = {"Days": bucket.default_lock_days} if bucket.default_lock_days else {"Years": bucket.default_lock_years}
        told["Rule"] = {"DefaultRetention": {"Mode": bucket.default_lock_mode, **unit}}
    return {"ObjectLockConfiguration": told}


def _check_versioning(gateway: Gateway, call: Call) -> None:
    bucket = find_bucket(gateway, call)
    asked = (call.params.get("VersioningConfiguration") or {}).get("Status")
    if bucket is not None and bucket.object_lock_enabled and asked != "Enabled":
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise AwsError("InvalidBucketState", message, 409)


# Versions -----------------------------------------------------------------------------------------------------------


def _retain(gateway: Gateway, call: Call) -> dict[str, Any]:
    version, asked = _get_version(gateway, call), call.params.get("Retention") or {}
    mode, until = asked.get("Mode"), _aware(asked.get("RetainUntilDate"))
    if (mode is None) != (until is None) or (mode and mode not in MODES):
        raise _malformed()
    if until and until <= datetime.now(UTC):
        raise _past()
    if not may_change(version, mode, until, bypass=bool(call.params.get("BypassGovernanceRetention"))):
        raise AwsError("AccessDenied", _DENIED, 403)
    version.lock_mode, version.lock_until = mode, f"{until:{FORM}}" if until else None
    return {}


def may_change(version: Any, mode: str | None, until: datetime | None, *, bypass: bool) -> bool:
    """A lock that holds may be made longer by whoever may lock; anything else in governance mode by who may bypass it,
    in compliance mode by nobody."""
    held = held_until(version)
    if held is None or (bypass and version.lock_mode == "GOVERNANCE"):
        return True
    return mode == version.lock_mode and until is not None and until >= held


def held_until(version: Any) -> datetime | None:
    """When a version's retention ends; None when it has ended, or there was none."""
    if getattr(version, "lock_mode", None) not in MODES or not version.lock_until:
        return None
    until = _aware(datetime.fromisoformat(version.lock_until))
    return until if until and until > datetime.now(UTC) else None


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _hold(gateway: Gateway, call: Call) -> dict[str, Any]:
    status = (call.params.get("LegalHold") or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise _malformed()
    _get_version(gateway, call).lock_legal_status = status
    return {}


def _check_delete(gateway: Gateway, call: Call) -> None:
    """moto takes any word in the header for a yes."""
    named = call.params.get("VersionId")
    bucket = find_bucket(gateway, call) if named else None
    versions = bucket.keys.look(call.params["Key"]) if bucket is not None else ()
    version = next((one for one in versions if one.version_id == named), None)
    bypass = bool(call.params.get("BypassGovernanceRetention"))
    if version is not None and is_locked(version, bypass=bypass):
        raise AwsError("AccessDenied", _DENIED, 403)


def is_locked(version: Any, *, bypass: bool = False) -> bool:
    if getattr(version, "lock_legal_status", None) == "ON":
        return True
    return held_until(version) is not None and not (bypass and version.lock_mode == "GOVERNANCE")


def _check_parts(call: Call) -> None:
    """moto drops these, and what was not locked would look as if it were."""
    if any(call.params.get(f"ObjectLock{name}") for name in ("Mode", "RetainUntilDate", "LegalHoldStatus")):
        message = "The embedded cloud locks an upload in parts by the bucket's default, or by PutObjectRetention."
        raise AwsError("NotImplemented", message, 501)


def _check_put(gateway: Gateway, call: Call) -> None:
    until = _aware(call.params.get("ObjectLockRetainUntilDate"))
    if until and until <= datetime.now(UTC):
        raise _past()
    sent = {name.lower() for name in call.headers}
    if sent & {"content-md5", "x-amz-sdk-checksum-algorithm"} or any(one.startswith(_SUM) for one in sent):
        return
    bucket = find_bucket(gateway, call)
    if bucket is not None and bucket.default_lock_mode:
        message = (
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        )
        raise AwsError("InvalidRequest", message)


def _lock_by_default(gateway: Gateway, call: Call) -> None:
    """What is new and was not locked by its own request."""
    bucket = find_bucket(gateway, call)
    if bucket is None or not bucket.default_lock_mode or call.params["Key"] not in bucket.keys:
        return
    kept = timedelta(days=bucket.default_lock_days or bucket.default_lock_years * 365)
    version = bucket.keys.getlist(call.params["Key"])[-1]
    if not getattr(version, "lock_mode", None):
        version.lock_mode, version.lock_until = bucket.default_lock_mode, f"{datetime.now(UTC) + kept:{FORM}}"


def _get_bucket(gateway: Gateway, call: Call) -> Any:
    bucket = find_bucket(gateway, call)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    return bucket


def _get_version(gateway: Gateway, call: Call) -> Any:
    """The version that a call names, or the newest, to be changed."""
    bucket = _get_bucket(gateway, call)
    if not bucket.object_lock_enabled:
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    named = check_object(gateway, call).version_id
    return next(one for one in bucket.keys.getlist(call.params["Key"]) if one.version_id == named)


def _past() -> AwsError:
    return AwsError("InvalidArgument", "The retain until date must be in the future!")


def _malformed() -> AwsError:
    return AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate.")
