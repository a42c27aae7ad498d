"""S3: sub-resources that moto does not know, and bucket policies with conditions.

moto answers an unknown sub-resource as if it were the bucket: ``DELETE /bucket?metrics`` deletes the bucket. Metrics,
analytics, intelligent-tiering and request-payment configurations are tables of ours; every other one is refused.

moto applies a bucket policy's `Deny` to everybody, whatever its conditions: a policy that only refuses plain HTTP
would refuse every request. Here a statement counts only when its conditions are known to hold. Requests on loopback
count as sent over TLS 1.3, as they would be on AWS. Known keys: ``aws:SecureTransport``, ``s3:TlsVersion``,
``aws:PrincipalAccount``, ``aws:ResourceAccount``, and what S3 takes from headers (encryption, storage class, ACL);
a statement with any other key, or with a principal other than everybody, decides nothing.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud import tables
from mlops_iac.cloud.moto_patches import s3_bodies
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_CONFIGURATIONS: Final = (
    ("Metrics", "MetricsConfiguration"),
    ("Analytics", "AnalyticsConfiguration"),
    ("IntelligentTiering", "IntelligentTieringConfiguration"),
)
_REFUSED: Final = (
    "DeleteBucketInventoryConfiguration",
    "DeleteBucketMetadataConfiguration",
    "DeleteBucketMetadataTableConfiguration",
    "CreateBucketMetadataConfiguration",
    "CreateBucketMetadataTableConfiguration",
    "PutBucketAbac",
)
_HEADER_KEYS: Final = {
    "s3:x-amz-server-side-encryption": "X-Amz-Server-Side-Encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
    "s3:x-amz-storage-class": "X-Amz-Storage-Class",
    "s3:x-amz-acl": "X-Amz-Acl",
}


def apply(gateway: Gateway) -> None:
    for name, wrap in _CONFIGURATIONS:
        tables.install(gateway, _configuration(gateway, name, wrap))
    tables.install(
        gateway,
        tables.Table(
            service="s3", name="RequestPayment", key=("Bucket",), put="PutBucketRequestPayment",
            wrap="RequestPaymentConfiguration", check=lambda call: _check_bucket(gateway, call),
        ),
    )  # fmt: skip
    gateway.instead("s3", "GetBucketRequestPayment", lambda call: _request_payment(gateway, call))
    for operation in _REFUSED:
        gateway.instead("s3", operation, _refuse)
    gateway.before("s3", "PutBucketPolicy", _check_policy)
    gateway.after("s3", "DeleteBucket", lambda call: _forget(gateway, call))
    gateway.when_used("s3", _patch_policies)
    gateway.when_used("s3", lambda: s3_bodies.patch(gateway))


def _configuration(gateway: Gateway, name: str, wrap: str) -> tables.Table:
    return tables.Table(
        service="s3", name=f"{name}Configuration", key=("Bucket", "Id"), within=("Bucket",), wrap=wrap,
        put=f"PutBucket{name}Configuration", read=f"GetBucket{name}Configuration",
        delete=f"DeleteBucket{name}Configuration", list=f"ListBucket{name}Configurations", items=f"{wrap}List",
        missing=("NoSuchConfiguration", 404), check=lambda call: _check_bucket(gateway, call),
    )  # fmt: skip


def _request_payment(gateway: Gateway, call: Call) -> dict[str, Any]:
    _check_bucket(gateway, call)
    key = (call.account_id, call.region, call.params["Bucket"])
    return gateway.store["s3.RequestPayment"].get(key) or {"Payer": "BucketOwner"}


def _check_bucket(gateway: Gateway, call: Call) -> None:
    from moto.s3.models import s3_backends
    from moto.utilities.utils import get_partition

    with gateway.locked("s3"):
        known = call.params["Bucket"] in s3_backends[call.account_id][get_partition(call.region)].buckets
    if not known:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


def _forget(gateway: Gateway, call: Call) -> None:
    for name in [name for name in gateway.store if name.startswith("s3.")]:
        rows = gateway.store[name]
        for key in [key for key in rows if key[2] == call.params["Bucket"]]:
            del rows[key]


def _refuse(call: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer s3:{call.operation}.", 501)


def _check_policy(call: Call) -> None:
    try:
        document = json.loads(call.params["Policy"])
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json")


# Policies -----------------------------------------------------------------------------------------------------------


def _patch_policies() -> None:
    from moto.iam import access_control
    from moto.s3.models import FakeBucket

    neutral = access_control.PermissionResult.NEUTRAL

    def get_permission(self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return neutral
        statements = json.loads(self.policy).get("Statement", [])
        context = _context(getattr(self, "account_id", DEFAULT_ACCOUNT))
        counted = [
            {name: value for name, value in statement.items() if name not in ("Condition", "Principal")}
            for statement in (statements if isinstance(statements, list) else [statements])
            if _is_for_everybody(statement) and _holds(statement.get("Condition") or {}, context)
        ]
        policy = access_control.IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": counted}))
        return policy.is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission


def _is_for_everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, Mapping) and principal.get("AWS") in ("*", ["*"]))


def _context(account_id: str) -> dict[str, str | None]:
    """What is known of the request that is being answered; None is a header that was not sent."""
    import flask

    headers: Mapping[str, str] = flask.request.headers if flask.has_request_context() else {}
    context: dict[str, str | None] = {key: headers.get(name) for key, name in _HEADER_KEYS.items()}
    context.update({"aws:securetransport": "true", "s3:tlsversion": "1.3"})
    context.update({"aws:principalaccount": headers.get("X-Moto-Account-Id", account_id)})
    context["aws:resourceaccount"] = account_id
    return context


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str | None]) -> bool:
    """True when all conditions surely hold. An operator or key that is not known here decides for "no"."""
    for operator, tests in conditions.items():
        bare = operator.removesuffix("IfExists")
        compare = _OPERATORS.get(bare)
        for key, wanted in tests.items():
            if compare is None or key.lower() not in context:
                return False
            values = [str(v).lower() if bare == "Bool" else str(v) for v in _as_list(wanted)]
            actual = context[key.lower()]
            if actual is None and operator.endswith("IfExists"):
                continue
            if not compare(actual, values):
                return False
    return True


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _less(actual: str | None, values: list[str]) -> bool:
    return actual is not None and any(float(actual) < float(value) for value in values)


_OPERATORS: Final[dict[str, Callable[[str | None, list[str]], bool]]] = {
    "Bool": lambda actual, values: actual in values,
    "Null": lambda actual, values: str(actual is None).lower() in [v.lower() for v in values],
    "NumericLessThan": _less,
    "StringEquals": lambda actual, values: actual in values,
    "StringNotEquals": lambda actual, values: actual not in values,
    "StringLike": lambda actual, values: actual is not None and any(fnmatch.fnmatchcase(actual, v) for v in values),
    "StringNotLike": lambda actual, values: actual is None or not any(fnmatch.fnmatchcase(actual, v) for v in values),
    "ArnLike": lambda actual, values: actual is not None and any(fnmatch.fnmatchcase(actual, v) for v in values),
    "ArnNotLike": lambda actual, values: actual is None or not any(fnmatch.fnmatchcase(actual, v) for v in values),
}
