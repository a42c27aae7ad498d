"""aws:ec2/subnet:Subnet."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.cloud.regions import zones_of
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Subnet(Ec2Resource):
    """CreateSubnet and, for public addresses, ModifySubnetAttribute. A read refreshes that attribute, the zone
    and tags."""

    type = "aws:ec2/subnet:Subnet"
    tag_type, ids_param = "subnet", "SubnetIds"
    parents = {"vpcId": "vpc-id", "cidrBlock": "cidr-block"}
    is_alone = True
    create_op, read_op, delete_op = "CreateSubnet", "DescribeSubnets", "DeleteSubnet"
    extras = frozenset({"tags", "mapPublicIpOnLaunch"})
    required = frozenset({"vpcId"})
    defaults = {"mapPublicIpOnLaunch": False}
    replace_on = frozenset(
        {"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6CidrBlock", "ipv6Native", "outpostArn"}
    )
    key = {"SubnetId": "id"}
    item, read_item = "Subnet", "Subnets[0]"
    computed = {
        "id": "SubnetId",
        "arn": "SubnetArn",
        "ownerId": "OwnerId",
        "availabilityZone": "AvailabilityZone",
        "availabilityZoneId": "AvailabilityZoneId",
    }
    refreshed = {"mapPublicIpOnLaunch": "MapPublicIpOnLaunch"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:subnet/{id}"}
    later = frozenset({"mapPublicIpOnLaunch"})
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        zone, region = inputs.get("availabilityZone"), self._region(scope, inputs)
        if isinstance(zone, str) and zone not in zones_of(region):
            listed = ", ".join(f"`{known}`" for known in zones_of(region))
            raise CloudError(
                "Value not allowed.",
                f"`{self.type}.availabilityZone` is `{zone}`; {region} has {listed}.",
                resource=self.type,
            )

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        if outputs["mapPublicIpOnLaunch"]:
            self._map_addresses(api, outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "mapPublicIpOnLaunch" in changed:
            self._map_addresses(api, outputs)

    def _map_addresses(self, api: Api, outputs: Props) -> None:
        wanted = {"Value": bool(outputs["mapPublicIpOnLaunch"])}
        api("ModifySubnetAttribute", SubnetId=outputs["id"], MapPublicIpOnLaunch=wanted)
