"""S3: sub-resources that moto does not know, and bucket policies that moto misreads.

moto answers an unknown sub-resource as if it were the bucket: ``DELETE /bucket?metrics`` deletes the bucket. Metrics,
analytics, intelligent-tiering and request-payment configurations are tables of ours; every other one is refused.

moto applies a bucket policy's `Deny` to everybody, whatever its conditions: a policy that only refuses plain HTTP
would refuse every request. Here `cloud.iam` reads bucket policies, and moto does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud import tables
from mlops_iac.cloud.moto_patches import s3_bodies, s3_buckets, s3_listing
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import read_json

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
    gateway.when_used("s3", lambda: s3_buckets.patch(gateway))
    gateway.when_used("s3", s3_listing.patch)


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
        document = read_json(call.params["Policy"])
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json")


# Policies -----------------------------------------------------------------------------------------------------------


def _patch_policies() -> None:
    """`cloud.iam` decides before moto is asked."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.NEUTRAL
