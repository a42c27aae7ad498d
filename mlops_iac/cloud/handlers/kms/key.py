"""aws:kms/key:Key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

WINDOW = 30
"""Days between a key's delete and its end: AWS's default, at most."""


class Key(Resource):
    """CreateKey, then rotation and disabling when asked for; a delete schedules the key's deletion, as AWS does.

    A read refreshes state, description, policy, rotation and tags. A key that awaits its deletion counts as
    gone. A key has no name: what a create that was cut off has made is found by its description and tags.
    """

    type = "aws:kms/key:Key"
    service = "kms"
    create_op, read_op = "CreateKey", "DescribeKey"
    renames = {"customerMasterKeySpec": "KeySpec"}
    documents = frozenset({"policy"})
    extras = frozenset({"deletionWindowInDays", "enableKeyRotation", "isEnabled", "rotationPeriodInDays"})
    ignores = {"bypassPolicyLockoutSafetyCheck": "key policies lock nobody out here."}
    defaults = {
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "isEnabled": True,
        "enableKeyRotation": False,
        "multiRegion": False,
    }
    name_input = ""
    replace_on = frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion"})
    id_from = "keyId"
    key = {"KeyId": "keyId"}
    item = "KeyMetadata"
    computed = {"arn": "Arn", "keyId": "KeyId"}
    refreshed = {"description": "Description", "isEnabled": "Enabled"}
    tags = TagCalls(key=("KeyId", "keyId"), list="ListResourceTags")
    later = frozenset({"enableKeyRotation", "isEnabled"})
    create_calls = 3

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs.setdefault("description", "")
        if outputs.get("enableKeyRotation"):
            self._rotate(api, outputs)
        if not outputs.get("isEnabled", True):
            api("DisableKey", KeyId=outputs["keyId"])

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        item = super().fetch(api, scope, outputs)
        return None if item and item["KeyState"] == "PendingDeletion" else item

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        policy = api("GetKeyPolicy", KeyId=outputs["keyId"], PolicyName="default")["Policy"]
        if outputs.get("policy"):
            outputs["policy"] = settle(outputs["policy"], policy)
        outputs["enableKeyRotation"] = api("GetKeyRotationStatus", KeyId=outputs["keyId"])["KeyRotationEnabled"]

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        tags = inputs.get("tags")
        if not tags:
            return None  # nothing tells it from anybody's
        api = self.api(scope, inputs)
        for id in _list_keys(api):
            there = api.maybe("ListResourceTags", KeyId=id) or {"Tags": []}
            if {tag["TagKey"]: tag["TagValue"] for tag in there["Tags"]} == tags:
                found = self.read(scope, id, inputs)
                if found and found.outputs.get("description", "") == inputs.get("description", ""):
                    return found
        return None

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        key = outputs["keyId"]
        if "isEnabled" in changed and outputs.get("isEnabled", True):
            api("EnableKey", KeyId=key)
        if "description" in changed:
            api("UpdateKeyDescription", KeyId=key, Description=outputs.get("description", ""))
        if "policy" in changed and outputs.get("policy"):
            api("PutKeyPolicy", KeyId=key, PolicyName="default", Policy=outputs["policy"])
        if {"enableKeyRotation", "rotationPeriodInDays"} & changed:
            if outputs.get("enableKeyRotation"):
                self._rotate(api, outputs)
            else:
                api("DisableKeyRotation", KeyId=key)
        if "isEnabled" in changed and not outputs.get("isEnabled", True):
            api("DisableKey", KeyId=key)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if self.fetch(api, scope, outputs):
            window = outputs.get("deletionWindowInDays") or WINDOW
            api("ScheduleKeyDeletion", KeyId=outputs["keyId"], PendingWindowInDays=window)

    def _rotate(self, api: Api, outputs: Props) -> None:
        period = outputs.get("rotationPeriodInDays")
        api("EnableKeyRotation", KeyId=outputs["keyId"], **({"RotationPeriodInDays": period} if period else {}))


def _list_keys(api: Api) -> Iterator[str]:
    page: dict[str, Any] = {"Truncated": True}
    while page.get("Truncated"):
        page = api("ListKeys", **({"Marker": page["NextMarker"]} if "NextMarker" in page else {}))
        yield from (key["KeyId"] for key in page["Keys"])
