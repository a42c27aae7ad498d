"""aws:ec2/placementGroup:PlacementGroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource, Ec2Tags
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class _Tags(Ec2Tags):
    """A group is known by its name, and tagged by its id."""

    def sync(
        self, api: Api, service: str, outputs: Mapping[str, Any], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        super().sync(api, service, {"id": outputs["placementGroupId"]}, old, new)


class PlacementGroup(Ec2Resource):
    """CreatePlacementGroup, DescribePlacementGroups, DeletePlacementGroup; everything but tags replaces. A read
    refreshes tags. No machine is placed here."""

    type = "aws:ec2/placementGroup:PlacementGroup"
    tag_type, ids_param = "placement-group", "GroupNames"
    create_op, read_op, delete_op = "CreatePlacementGroup", "DescribePlacementGroups", "DeletePlacementGroup"
    renames = {"name": "GroupName"}
    required = frozenset({"strategy"})
    name_input, name_limit = "name", 255
    replace_on = frozenset({"name", "partitionCount", "spreadLevel", "strategy"})
    key = {"GroupName": "id"}
    item, read_item = "PlacementGroup", "PlacementGroups[0]"
    computed = {
        "id": "GroupName",
        "arn": "GroupArn",
        "placementGroupId": "GroupId",
        "partitionCount": "PartitionCount",
        "spreadLevel": "SpreadLevel",
    }
    tags = _Tags()

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        return self.read(scope, inputs["name"], inputs)
