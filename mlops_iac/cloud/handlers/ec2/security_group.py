"""aws:ec2/securityGroup:SecurityGroup."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2 import _permissions
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

ALL_OUT = {"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}
"""What EC2 puts into a new group by itself; Pulumi's provider takes it out at once."""


class SecurityGroup(Ec2Resource):
    """CreateSecurityGroup, the revoke of EC2's allow-all egress, and one authorize for each side with inline rules.

    A read refreshes tags; inline rules are kept from the state, because rules may also be resources of their
    own.
    """

    type = "aws:ec2/securityGroup:SecurityGroup"
    tag_type, ids_param = "security-group", "GroupIds"
    create_op, read_op, delete_op = "CreateSecurityGroup", "DescribeSecurityGroups", "DeleteSecurityGroup"
    renames = {"name": "GroupName"}
    extras = frozenset({"tags", "ingress", "egress", "revokeRulesOnDelete"})
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    name_input, name_limit = "name", 255
    identity = ("name", "vpcId")
    replace_on = frozenset({"description"})
    key = {"GroupId": "id"}
    read_item = "SecurityGroups[0]"
    computed = {"id": "GroupId"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}"}
    later = frozenset({"ingress", "egress"})
    create_calls = 4

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        group = outputs["id"]
        default = _permissions.to_permission(ALL_OUT, group)
        api("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[default])
        _permissions.authorize(api, "Ingress", group, outputs.get("ingress") or [])
        _permissions.authorize(api, "Egress", group, outputs.get("egress") or [])

    def begun(self, inputs: Props) -> dict[str, Any]:
        """A new group lets everything out, until that is revoked: it is not what any program asks for."""
        return {**inputs, **dict.fromkeys(self.later, UNKNOWN)}

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "ingress" in changed:
            _permissions.replace(api, "Ingress", outputs["id"], outputs.get("ingress") or [])
        if "egress" in changed:
            _permissions.replace(api, "Egress", outputs["id"], outputs.get("egress") or [])

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        filters = [{"Name": "group-name", "Values": [inputs["name"]]}]
        if inputs.get("vpcId"):
            filters.append({"Name": "vpc-id", "Values": [inputs["vpcId"]]})
        groups = self.api(scope, inputs)("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
        return self.read(scope, groups[0]["GroupId"], inputs) if groups else None

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        group = outputs["id"]
        if outputs.get("revokeRulesOnDelete"):
            _permissions.replace(api, "Ingress", group, [])
            _permissions.replace(api, "Egress", group, [])
        super().remove(api, scope, outputs)
