"""aws:sagemaker/featureGroup:FeatureGroup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

Definitions = Sequence[Mapping[str, Any]]


class FeatureGroup(Resource):
    """CreateFeatureGroup, DescribeFeatureGroup, UpdateFeatureGroup, DeleteFeatureGroup. Its records are really kept,
    and written to S3 in Parquet. An update adds features behind those that are there, or changes the time to live;
    whatever else changes makes another group. A delete leaves what lies in S3. Iceberg tables, the stores Standard_V2
    and InMemory, collections and provisioned throughput are refused."""

    type = "aws:sagemaker/featureGroup:FeatureGroup"
    service = "sagemaker"
    create_op, read_op, delete_op = "CreateFeatureGroup", "DescribeFeatureGroup", "DeleteFeatureGroup"
    required = frozenset({"recordIdentifierFeatureName", "eventTimeFeatureName", "featureDefinitions"})
    references = {"roleArn": "role"}
    name_input, name_limit, prefix_input = "featureGroupName", 64, ""
    replace_on = frozenset(
        {"recordIdentifierFeatureName", "eventTimeFeatureName", "offlineStoreConfig", "roleArn", "description"}
    )
    id_from = "featureGroupName"
    key = {"FeatureGroupName": "featureGroupName"}
    computed = {"arn": "FeatureGroupArn"}
    formats = {"arn": "arn:{partition}:sagemaker:{region}:{account}:feature-group/{featureGroupName}"}
    refreshed = {
        "description": "Description",
        "featureDefinitions": "FeatureDefinitions[].{featureName: FeatureName, featureType: FeatureType}",
        "roleArn": "RoleArn",
    }
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 3

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """AWS adds features, and changes the time to live of a store that is there."""
        found = super().replaces(scope, old, new, changed)
        if "featureDefinitions" in changed and _added(old, new) is None:
            found |= {"featureDefinitions"}
        if "onlineStoreConfig" in changed and _without_ttl(old) != _without_ttl(new):
            found |= {"onlineStoreConfig"}
        return found

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        _tell_place(outputs, api("DescribeFeatureGroup", FeatureGroupName=outputs["featureGroupName"]))

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        _tell_place(outputs, item)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        named = {"FeatureGroupName": outputs["featureGroupName"]}
        added = _added(old, outputs) if "featureDefinitions" in changed else None
        if added:
            api("UpdateFeatureGroup", **named, FeatureAdditions=[_sent(one) for one in added])
        if "onlineStoreConfig" in changed:
            duration = (outputs.get("onlineStoreConfig") or {}).get("ttlDuration") or {}
            asked = {"Unit": duration["unit"], "Value": int(duration["value"])} if duration else {}
            api("UpdateFeatureGroup", **named, OnlineStoreConfig={"TtlDuration": asked})
        self.finish(api, scope, outputs)


def _added(old: Props, new: Props) -> Definitions | None:
    """Features behind those that were there; None where one of those is another now, or not known yet."""
    before, after = old.get("featureDefinitions") or [], new.get("featureDefinitions") or []
    if before is UNKNOWN or after is UNKNOWN:
        return []
    return after[len(before) :] if list(after[: len(before)]) == list(before) else None


def _without_ttl(inputs: Props) -> Any:
    online = inputs.get("onlineStoreConfig") or {}
    return online if online is UNKNOWN else {key: value for key, value in online.items() if key != "ttlDuration"}


def _sent(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {"FeatureName": definition["featureName"], "FeatureType": definition["featureType"]}


def _tell_place(outputs: dict[str, Any], item: Mapping[str, Any]) -> None:
    """Where its records are written, which the service decides."""
    offline = outputs.get("offlineStoreConfig")
    if offline:
        place = item["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        storage = {**offline["s3StorageConfig"], "resolvedOutputS3Uri": place}
        outputs["offlineStoreConfig"] = {**offline, "s3StorageConfig": storage}
