"""aws:ec2/routeTableAssociation:RouteTableAssociation."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class RouteTableAssociation(Resource):
    """AssociateRouteTable, DisassociateRouteTable; a read looks for the association in its table. Another table
    is another association, so it replaces. AWS refuses to associate a subnet twice; moto answers the association
    that exists."""

    type = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    service = "ec2"
    create_op, read_op, delete_op = "AssociateRouteTable", "DescribeRouteTables", "DisassociateRouteTable"
    name_input = ""
    identity = ("subnetId", "gatewayId")
    required = frozenset({"routeTableId"})
    replace_on = frozenset({"routeTableId"})
    id_from = "id"
    key = {"AssociationId": "id"}
    computed = {"id": "AssociationId"}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        wanted = {"Name": "association.route-table-association-id", "Values": [outputs["id"]]}
        for table in api("DescribeRouteTables", Filters=[wanted])["RouteTables"]:
            for association in table["Associations"]:
                if association.get("RouteTableAssociationId") == outputs["id"]:
                    return {"AssociationId": outputs["id"]}
        return None

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        api = self.api(scope, inputs)
        answer = api.maybe("DescribeRouteTables", RouteTableIds=[inputs["routeTableId"]]) or {"RouteTables": []}
        for table in answer["RouteTables"]:
            for association in table["Associations"]:
                if inputs.get("subnetId") and association.get("SubnetId") == inputs["subnetId"]:
                    return self.read(scope, association["RouteTableAssociationId"], inputs)
        return None
