"""EC2's placement groups, which moto has not: they are kept and shown. Where a machine would stand, nothing here tells.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

Group = dict[str, Any]

STORE: Final = "ec2.placement-groups"
STRATEGIES: Final = ("cluster", "partition", "spread")
UNKNOWN: Final = "InvalidPlacementGroup.Unknown"


def apply(gateway: Gateway) -> None:
    gateway.when_used("ec2", _know_ids)
    groups = _PlacementGroups(gateway)
    for operation, answer in (
        ("CreatePlacementGroup", groups.create),
        ("DescribePlacementGroups", groups.describe),
        ("DeletePlacementGroup", groups.delete),
    ):
        gateway.instead("ec2", operation, gateway.holding("ec2", answer))


class _PlacementGroups:
    """By name, which is an account's own in a region. Their tags are moto's."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def create(self, call: Call) -> Group:
        asked, key = call.params, self._key(call)
        name, strategy = asked.get("GroupName"), asked.get("Strategy", "cluster")
        if not name:
            raise AwsError("MissingParameter", "The request must contain the parameter groupName")
        if strategy not in STRATEGIES:
            raise AwsError("InvalidParameterValue", f"Value ({strategy}) for parameter strategy is invalid.")
        if key in self._groups:
            raise AwsError("InvalidPlacementGroup.Duplicate", f"The placement group '{name}' already exists.")
        id = f"pg-{uuid.uuid4().hex[:17]}"
        counted = {"PartitionCount": asked.get("PartitionCount") or 2} if strategy == "partition" else {}
        spread = {"SpreadLevel": asked.get("SpreadLevel") or "rack"} if strategy == "spread" else {}
        arn = call.arn("ec2", f"placement-group/{name}")
        made = {"GroupName": name, "GroupId": id, "GroupArn": arn, "State": "available", "Strategy": strategy}
        self._groups[key] = {**made, **counted, **spread}
        given = [tag for one in asked.get("TagSpecifications") or () for tag in one.get("Tags") or ()]
        if given:
            _backend(call).create_tags([id], {tag["Key"]: tag["Value"] for tag in given})
        return {"PlacementGroup": self._shown(call, self._groups[key])}

    def describe(self, call: Call) -> Group:
        asked = call.params
        here = [group for key, group in self._groups.items() if key[:2] == (call.account_id, call.region)]
        for member, wanted in (("GroupName", asked.get("GroupNames")), ("GroupId", asked.get("GroupIds"))):
            for one in wanted or ():
                if one not in {group[member] for group in here}:
                    raise AwsError(UNKNOWN, f"The placement group '{one}' is unknown.")
            here = [group for group in here if not wanted or group[member] in wanted]
        return {"PlacementGroups": [self._shown(call, group) for group in here]}

    def delete(self, call: Call) -> Group:
        key = self._key(call)
        if key not in self._groups:
            raise AwsError(UNKNOWN, f"The placement group '{call.params.get('GroupName')}' is unknown.")
        del self._groups[key]
        return {}

    @property
    def _groups(self) -> dict[tuple[str, str, str], Group]:
        return self._gateway.store[STORE]

    def _key(self, call: Call) -> tuple[str, str, str]:
        return call.account_id, call.region, str(call.params.get("GroupName", ""))

    def _shown(self, call: Call, group: Group) -> Group:
        tags = _backend(call).describe_tags(filters={"resource-id": [group["GroupId"]]})
        return {**group, "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]}


def _know_ids() -> None:
    """moto tags what has an id of a kind that it knows."""
    from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, EC2_RESOURCE_TO_PREFIX

    EC2_RESOURCE_TO_PREFIX["placement-group"] = "pg"
    EC2_PREFIX_TO_RESOURCE["pg"] = "placement-group"


def _backend(call: Call) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[call.account_id][call.region]
