"""aws:ec2/internetGateway:InternetGateway."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class InternetGateway(Ec2Resource):
    """CreateInternetGateway, AttachInternetGateway to a network; DetachInternetGateway before it goes or moves. A read
    refreshes the network and tags."""

    type = "aws:ec2/internetGateway:InternetGateway"
    tag_type, ids_param = "internet-gateway", "InternetGatewayIds"
    parents = {"vpcId": "attachment.vpc-id"}
    create_op, read_op, delete_op = "CreateInternetGateway", "DescribeInternetGateways", "DeleteInternetGateway"
    extras = frozenset({"tags", "vpcId"})
    key = {"InternetGatewayId": "id"}
    item, read_item = "InternetGateway", "InternetGateways[0]"
    computed = {"id": "InternetGatewayId", "ownerId": "OwnerId"}
    later = frozenset({"vpcId"})
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}"}
    create_calls = 2

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        self._attach(api, outputs["id"], outputs.get("vpcId"))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "vpcId" in changed:
            self._detach(api, outputs["id"])
            self._attach(api, outputs["id"], outputs.get("vpcId"))

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        attached = [one["VpcId"] for one in item.get("Attachments") or []]
        if attached or "vpcId" in outputs:
            outputs["vpcId"] = attached[0] if attached else None

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        self._detach(api, outputs["id"])
        super().remove(api, scope, outputs)

    def _attach(self, api: Api, id: str, network: Any) -> None:
        if network:
            api("AttachInternetGateway", InternetGatewayId=id, VpcId=network)

    def _detach(self, api: Api, id: str) -> None:
        found = api.maybe("DescribeInternetGateways", InternetGatewayIds=[id]) or {"InternetGateways": []}
        for gateway in found["InternetGateways"]:
            for one in gateway.get("Attachments") or []:
                api("DetachInternetGateway", InternetGatewayId=id, VpcId=one["VpcId"])
