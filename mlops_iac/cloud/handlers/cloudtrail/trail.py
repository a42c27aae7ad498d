"""aws:cloudtrail/trail:Trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource, set_or_drop
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls, decode
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

NOT_OFFERED = frozenset(
    {"cloudWatchLogsGroupArn", "cloudWatchLogsRoleArn", "eventSelectors", "insightSelectors", "snsTopicName"}
)
NAMES = {
    "field": "Field",
    "equals": "Equals",
    "notEquals": "NotEquals",
    "startsWiths": "StartsWith",
    "notStartsWiths": "NotStartsWith",
    "endsWiths": "EndsWith",
    "notEndsWiths": "NotEndsWith",
}
"""Of a field's selector, Pulumi's words and CloudTrail's."""


class TrailTags(TagCalls):
    """CloudTrail takes tags away by key and value, and lists those of several trails."""

    def sync(
        self, api: Api, service: str, outputs: Mapping[str, Any], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        gone = [{"Key": key, "Value": old[key]} for key in sorted(set(old) - set(new))]
        put = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
        if gone:
            api("RemoveTags", ResourceId=outputs["arn"], TagsList=gone)
        if put:
            api("AddTags", ResourceId=outputs["arn"], TagsList=put)

    def read(self, api: Api, outputs: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, str]:
        answer = api.maybe("ListTags", ResourceIdList=[outputs["arn"]]) or {}
        return decode(next(iter(answer.get("ResourceTagList") or [{}])).get("TagsList") or [])


class Trail(Resource):
    """CreateTrail, PutEventSelectors, StartLogging; GetTrail, GetEventSelectors, GetTrailStatus; UpdateTrail,
    StopLogging; DeleteTrail. Log files really lie in the bucket, and digests of them with
    ``enableLogFileValidation``. Selectors are the advanced ones; topics, log groups and insights are refused."""

    type = "aws:cloudtrail/trail:Trail"
    service = "cloudtrail"
    create_op, read_op, update_op, delete_op = "CreateTrail", "GetTrail", "UpdateTrail", "DeleteTrail"
    extras = frozenset({"advancedEventSelectors", "enableLogging", "tags"})
    defaults = {
        "enableLogFileValidation": False,
        "enableLogging": True,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": False,
        "isOrganizationTrail": False,
    }
    required = frozenset({"s3BucketName"})
    references = {"kmsKeyId": "key", "s3BucketName": "bucket"}
    name_limit = 128
    id_from = "arn"
    key = {"Name": "name"}
    item, read_item = "@", "Trail"
    computed = {"arn": "TrailARN"}
    formats = {"arn": "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"}
    refreshed = {
        "s3BucketName": "S3BucketName",
        "enableLogFileValidation": "LogFileValidationEnabled",
        "isMultiRegionTrail": "IsMultiRegionTrail",
        "kmsKeyId": "KmsKeyId",
    }
    tags = TrailTags(key=("ResourceId", "arn"), put="AddTags", take="RemoveTags", list="ListTags")
    later = frozenset({"advancedEventSelectors", "enableLogging", "tags"})
    create_calls = 5

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop not in NOT_OFFERED and super().honours(prop)

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        tags = [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
        return {**super().create_params(scope, inputs), **({"TagsList": tags} if tags else {})}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["homeRegion"] = self._region(scope, outputs)
        if outputs.get("advancedEventSelectors"):
            self._select(api, outputs)
        if outputs.get("enableLogging"):
            api("StartLogging", Name=outputs["name"])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        outputs["homeRegion"] = self._region(scope, outputs)
        if "advancedEventSelectors" in changed:
            self._select(api, outputs)
        if "enableLogging" in changed:
            if outputs.get("enableLogging"):
                api("StartLogging", Name=outputs["name"])
            else:
                api("StopLogging", Name=outputs["name"])

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["homeRegion"] = self._region(scope, outputs)
        status = api.maybe("GetTrailStatus", Name=outputs["name"]) or {}
        outputs["enableLogging"] = bool(status.get("IsLogging"))
        answer = api.maybe("GetEventSelectors", TrailName=outputs["name"]) or {}
        found = [_plain(one) for one in answer.get("AdvancedEventSelectors") or ()]
        known = outputs.get("advancedEventSelectors")
        set_or_drop(outputs, "advancedEventSelectors", settle(known, found) if found or known else None)

    def _select(self, api: Api, outputs: Mapping[str, Any]) -> None:
        """A trail whose selectors are taken away has the usual one, of management events."""
        usual = [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}]
        selectors = _selectors(outputs.get("advancedEventSelectors") or usual)
        api("PutEventSelectors", TrailName=outputs["name"], AdvancedEventSelectors=selectors)


def _selectors(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As CloudTrail spells them."""
    return [
        {
            **({"Name": one["name"]} if one.get("name") else {}),
            "FieldSelectors": [
                {NAMES[key]: value for key, value in field.items() if value} for field in one["fieldSelectors"]
            ],
        }
        for one in given
    ]


def _plain(selector: Mapping[str, Any]) -> dict[str, Any]:
    fields = [{name: one[word] for name, word in NAMES.items() if one.get(word)} for one in selector["FieldSelectors"]]
    return {**({"name": selector["Name"]} if selector.get("Name") else {}), "fieldSelectors": fields}
