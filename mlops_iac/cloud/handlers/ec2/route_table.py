"""aws:ec2/routeTable:RouteTable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._shapes import Converter, input_shape
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

DESTINATIONS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


class RouteTable(Ec2Resource):
    """CreateRouteTable and a CreateRoute for each inline route. A read refreshes tags; routes are kept from the
    state, because gateway endpoints add their own."""

    type = "aws:ec2/routeTable:RouteTable"
    tag_type, ids_param = "route-table", "RouteTableIds"
    create_op, read_op, delete_op = "CreateRouteTable", "DescribeRouteTables", "DeleteRouteTable"
    extras = frozenset({"tags", "routes"})
    required = frozenset({"vpcId"})
    replace_on = frozenset({"vpcId"})
    key = {"RouteTableId": "id"}
    item, read_item = "RouteTable", "RouteTables[0]"
    computed = {"id": "RouteTableId", "ownerId": "OwnerId"}
    later = frozenset({"routes"})
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:route-table/{id}"}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        for route in outputs.get("routes") or []:
            api("CreateRoute", RouteTableId=outputs["id"], **self._route(route))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        before, after = old.get("routes") or [], outputs.get("routes") or []
        for route in before:
            if route not in after:
                api.maybe("DeleteRoute", RouteTableId=outputs["id"], **self._destination(route))
        for route in after:
            if route in before:
                continue
            if old.get("routes") is UNKNOWN:  # an earlier create may have made it, with another target
                api.maybe("DeleteRoute", RouteTableId=outputs["id"], **self._destination(route))
            api("CreateRoute", RouteTableId=outputs["id"], **self._route(route))

    def _route(self, route: Mapping[str, Any]) -> dict[str, Any]:
        shape, converter = input_shape("ec2", "CreateRoute"), Converter(self.type, {})
        targets = {key: value for key, value in route.items() if key not in DESTINATIONS and value}
        return {**converter.convert(shape, targets, "routes"), **self._destination(route)}

    def _destination(self, route: Mapping[str, Any]) -> dict[str, str]:
        return {member: route[key] for key, member in DESTINATIONS.items() if route.get(key)}
