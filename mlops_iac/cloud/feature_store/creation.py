"""What CreateFeatureGroup refuses: definitions that are none, what is not offered here, and a role without rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from mlops_iac.cloud.feature_store.values import RESERVED
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.iam.keys import KeyUse
from mlops_iac.cloud.iam.requirements import Place
from mlops_iac.cloud.iam.resolving import key_arn
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.iam.enforcer import Wanted

SAGEMAKER: Final = "sagemaker.amazonaws.com"
MOST_FEATURES: Final = 2500
WRITES: Final = ("s3:PutObject", "s3:PutObjectAcl")
"""What the role of an offline store does with its objects: the managed policy AmazonSageMakerFeatureStoreAccess."""
LOOKS: Final = ("s3:GetBucketAcl",)


def refused(message: str) -> AwsError:
    return AwsError("ValidationException", f"Validation Error: {message}")


def check_definitions(asked: Mapping[str, Any]) -> None:
    """Raises `AwsError` for features that make no group."""
    definitions = asked["FeatureDefinitions"]
    names = [one["FeatureName"] for one in definitions]
    types = {one["FeatureName"]: one["FeatureType"] for one in definitions}
    if len(types) != len(names):
        raise refused("Feature names must be unique.")
    if len(names) > MOST_FEATURES:
        raise refused(f"A FeatureGroup has {MOST_FEATURES} features at most.")
    if taken := [name for name in names if name.lower() in RESERVED]:
        raise refused(f"Feature name [{taken[0]}] is reserved.")
    for role in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if asked[role] not in types:
            raise refused(f"{role} [{asked[role]}] is none of the feature definitions.")
    if types[asked["EventTimeFeatureName"]] == "Integral":
        raise refused("EventTimeFeatureName must be of type String or Fractional.")


def check_offered(asked: Mapping[str, Any]) -> None:
    """Raises `AwsError` for what AWS has and the embedded cloud has not."""
    for what in _not_offered(asked):
        raise AwsError("NotImplemented", f"The embedded cloud does not offer {what} of feature groups.", 501)


def _not_offered(asked: Mapping[str, Any]) -> Iterator[str]:
    online, offline = asked.get("OnlineStoreConfig") or {}, asked.get("OfflineStoreConfig") or {}
    if online.get("StorageType") not in (None, "Standard"):
        yield f"the online store {online['StorageType']}"
    if offline.get("TableFormat") not in (None, "Default", "Glue"):
        yield f"the table format {offline['TableFormat']}"
    if (asked.get("ThroughputConfig") or {}).get("ThroughputMode") not in (None, "OnDemand"):
        yield "provisioned throughput"
    if any(one.get("CollectionType") for one in asked.get("FeatureDefinitions") or ()):
        yield "collections"


def check_role(gateway: Gateway, call: Call) -> None:
    """Raises `AwsError` for a group without a store, and for a role that could not write the offline one."""
    online, offline = call.params.get("OnlineStoreConfig") or {}, call.params.get("OfflineStoreConfig")
    if not offline and not online.get("EnableOnlineStore"):
        raise refused("At least one of OnlineStoreConfig and OfflineStoreConfig must be there.")
    if not offline:
        return
    role = call.params.get("RoleArn")
    if not role:
        raise refused("An OfflineStore needs a RoleArn.")
    try:
        gateway.roles.check(role, SAGEMAKER)
    except CannotAssume as error:
        raise refused(str(error)) from error
    gateway.roles.require(role, SAGEMAKER, "FeatureStore", call.region, wanted(call, offline["S3StorageConfig"]))


def wanted(call: Call, storage: Mapping[str, Any]) -> Wanted:
    """The rights of the role on its place in S3 and on the key."""
    parts = urlsplit(storage["S3Uri"])
    bucket = f"arn:{partition_of(call.region)}:s3:::{parts.netloc}"
    objects = f"{bucket}{parts.path.rstrip('/')}/{call.account_id}/sagemaker/{call.region}/offline-store/x"
    found: Wanted = [(action, objects, {}) for action in WRITES]
    found += [(action, bucket, {}) for action in LOOKS]
    if storage.get("KmsKeyId"):
        place = Place(partition=partition_of(call.region), region=call.region, account=call.account_id)
        use = KeyUse(action="kms:GenerateDataKey", key=storage["KmsKeyId"], via="s3")
        found.append((use.action, key_arn(use.key, place), use.keys(place.region, place.account)))
    return found
