"""SageMaker's operations on feature groups. A group is created, changed and deleted at once.

Not offered: Iceberg tables, the stores Standard_V2 and InMemory with their collections, provisioned throughput.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.feature_store import glue_table
from mlops_iac.cloud.feature_store.creation import check_definitions, check_offered, check_role
from mlops_iac.cloud.feature_store.values import seconds_of
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.own_tags import let_tag
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.feature_store.offline import OfflineStores
    from mlops_iac.cloud.feature_store.online import OnlineStores
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "sagemaker.feature-groups"
"""A group's ARN to what DescribeFeatureGroup answers, and its tags."""
MOST_ADDED: Final = 100
_CHANGES: Final = ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig")
_SENT: Final = ("FeatureGroupName", "RecordIdentifierFeatureName", "EventTimeFeatureName", "RoleArn", "Description")
_SUMMARY: Final = ("FeatureGroupName", "FeatureGroupArn", "CreationTime", "FeatureGroupStatus", "OfflineStoreStatus")
_SORTS: Final = {"Name": "FeatureGroupName", "CreationTime": "CreationTime", "FeatureGroupStatus": "FeatureGroupStatus"}


class Groups:
    """The groups of this cloud."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self, online: OnlineStores, offline: OfflineStores) -> None:
        self._online, self._offline = online, offline
        for operation, answer in (
            ("CreateFeatureGroup", self.create),
            ("UpdateFeatureGroup", self.update),
            ("DescribeFeatureGroup", self._gateway.holding("sagemaker", self.describe)),
            ("DeleteFeatureGroup", self._gateway.holding("sagemaker", self.delete)),
            ("ListFeatureGroups", self._gateway.holding("sagemaker", self.list)),
        ):
            self._gateway.instead("sagemaker", operation, answer)
        let_tag(self._gateway, "feature-group", self.get)

    @property
    def _groups(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[STORE]

    def get(self, arn: str) -> dict[str, Any]:
        """Raises `AwsError` when there is no such group."""
        if arn not in self._groups:
            name = arn.rpartition("/")[2]
            message = f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}"
            raise AwsError("ResourceNotFound", message, 404)
        return self._groups[arn]

    def arn(self, call: Call, name: str) -> str:
        """Of a group by its name or its ARN. ARNs are in small letters, so that names differ by more than case."""
        return name if name.startswith("arn:") else call.arn("sagemaker", f"feature-group/{name.lower()}")

    # SageMaker's operations ---------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        check_definitions(call.params)
        check_offered(call.params)
        check_role(self._gateway, call)
        arn = self.arn(call, call.params["FeatureGroupName"])
        self._check_free(arn, call)
        group = _new(call, arn)
        if _has_own_table(group):
            glue_table.make_table(self._gateway.clients(call.region, call.account_id), group)
        with self._gateway.locked("sagemaker"):
            self._check_free(arn, call)
            self._groups[arn] = group
        return {"FeatureGroupArn": arn}

    def _check_free(self, arn: str, call: Call) -> None:
        if arn in self._groups:
            name = call.params["FeatureGroupName"]
            message = f"Resource Already Exists: FeatureGroup with name {name} already exists."
            raise AwsError("ResourceInUse", message)

    def describe(self, call: Call) -> dict[str, Any]:
        group = self.get(self.arn(call, call.params["FeatureGroupName"]))
        told = {name: value for name, value in group.items() if name != "Tags"}
        if group.get("OnlineStoreConfig"):
            told["OnlineStoreTotalSizeBytes"] = self._online.size(group["FeatureGroupArn"])
        return {**told, "NextToken": ""}

    def update(self, call: Call) -> dict[str, Any]:
        with self._gateway.locked("sagemaker"):
            group = self.get(self.arn(call, call.params["FeatureGroupName"]))
            asked = [
                name for name in ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig") if call.params.get(name)
            ]
            if len(asked) != 1:
                raise AwsError("ValidationException", "UpdateFeatureGroup takes one of its changes at a time.")
            if asked == ["FeatureAdditions"]:
                _add_features(group, call.params["FeatureAdditions"])
            elif asked == ["OnlineStoreConfig"]:
                _change_online(group, call.params["OnlineStoreConfig"])
            else:
                check_offered(call.params)
            group["LastModifiedTime"], group["LastUpdateStatus"] = now(), {"Status": "Successful"}
        if asked == ["FeatureAdditions"] and _has_own_table(group):
            glue_table.change_table(self._gateway.clients(call.region, call.account_id), group)
        return {"FeatureGroupArn": group["FeatureGroupArn"]}

    def delete(self, call: Call) -> dict[str, Any]:
        """What lies in S3 and in the catalogue stays."""
        arn = self.get(self.arn(call, call.params["FeatureGroupName"]))["FeatureGroupArn"]
        self._online.drop(arn)
        self._offline.drop(arn)
        del self._groups[arn]
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        asked, place = call.params, call.arn("sagemaker", "feature-group/")
        found = [group for arn, group in self._groups.items() if arn.startswith(place) and _is_asked(group, asked)]
        by = _SORTS.get(asked.get("SortBy") or "CreationTime", "FeatureGroupName")
        found.sort(key=lambda group: group[by], reverse=asked.get("SortOrder") == "Descending")
        told = [{name: group[name] for name in _SUMMARY if name in group} for group in found]
        return {"NextToken": "", **paged("FeatureGroupSummaries", told, asked, limit=100)}


def _new(call: Call, arn: str) -> dict[str, Any]:
    sent = call.params
    group: dict[str, Any] = {
        **{name: sent[name] for name in _SENT if sent.get(name) is not None},
        "FeatureGroupArn": arn,
        "FeatureDefinitions": [dict(one) for one in sent["FeatureDefinitions"]],
        "CreationTime": now(),
        "LastModifiedTime": now(),
        "FeatureGroupStatus": "Created",
        "ThroughputConfig": {"ThroughputMode": "OnDemand"},
        "Tags": list(sent.get("Tags") or ()),
    }
    if (sent.get("OnlineStoreConfig") or {}).get("EnableOnlineStore"):
        group["OnlineStoreConfig"] = {**sent["OnlineStoreConfig"], "StorageType": "Standard"}
    if sent.get("OfflineStoreConfig"):
        group["OfflineStoreConfig"] = _offline(call, group)
        group["OfflineStoreStatus"] = {"Status": "Active"}
    return group


def _offline(call: Call, group: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html"""
    name, sent = group["FeatureGroupName"], call.params["OfflineStoreConfig"]
    made = int(group["CreationTime"].timestamp())
    place = f"{call.account_id}/sagemaker/{call.region}/offline-store/{name}-{made}/data"
    storage = {**sent["S3StorageConfig"]}
    storage["ResolvedOutputS3Uri"] = f"{storage['S3Uri'].rstrip('/')}/{place}"
    told: dict[str, Any] = {
        "S3StorageConfig": storage,
        "DisableGlueTableCreation": bool(sent.get("DisableGlueTableCreation")),
    }
    if sent.get("DataCatalogConfig"):
        told["DataCatalogConfig"] = dict(sent["DataCatalogConfig"])
    elif not told["DisableGlueTableCreation"]:
        table = f"{name.replace('-', '_').lower()}_{made}"
        catalogue = {"Catalog": glue_table.CATALOGUE, "Database": glue_table.DATABASE}
        told["DataCatalogConfig"] = {"TableName": table, **catalogue}
    return told


def _has_own_table(group: Mapping[str, Any]) -> bool:
    """Whether Feature Store itself keeps the table of the catalogue."""
    offline = group.get("OfflineStoreConfig")
    return offline is not None and not offline["DisableGlueTableCreation"]


def _add_features(group: dict[str, Any], added: list[dict[str, Any]]) -> None:
    if len(added) > MOST_ADDED:
        raise AwsError("ValidationException", f"UpdateFeatureGroup adds {MOST_ADDED} features at most.")
    wanted = {**group, "FeatureDefinitions": [*group["FeatureDefinitions"], *(dict(one) for one in added)]}
    check_definitions(wanted)
    check_offered(wanted)
    group["FeatureDefinitions"] = wanted["FeatureDefinitions"]


def _change_online(group: dict[str, Any], asked: Mapping[str, Any]) -> None:
    online = group.get("OnlineStoreConfig")
    if online is None:
        raise AwsError("ValidationException", "The FeatureGroup has no OnlineStore.")
    check_offered({"OnlineStoreConfig": asked})
    online.pop("TtlDuration", None)
    if seconds_of(asked.get("TtlDuration")):
        online["TtlDuration"] = dict(asked["TtlDuration"])


def _is_asked(group: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    tests: Iterable[bool] = (
        (asked.get("NameContains") or "") in group["FeatureGroupName"],
        asked.get("FeatureGroupStatusEquals") in (None, group["FeatureGroupStatus"]),
        asked.get("OfflineStoreStatusEquals") in (None, group.get("OfflineStoreStatus", {}).get("Status")),
        not asked.get("CreationTimeAfter") or group["CreationTime"] > asked["CreationTimeAfter"],
        not asked.get("CreationTimeBefore") or group["CreationTime"] < asked["CreationTimeBefore"],
    )
    return all(tests)
