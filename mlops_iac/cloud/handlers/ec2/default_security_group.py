"""aws:ec2/defaultSecurityGroup:DefaultSecurityGroup."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2 import _permissions
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class DefaultSecurityGroup(Ec2Resource):
    """Takes over the group that every VPC is born with: its rules become exactly those given, none by default. A
    delete leaves the group as it is, as Pulumi's provider does, because AWS does not let it go."""

    type = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    tag_type, ids_param = "security-group", "GroupIds"
    read_op = "DescribeSecurityGroups"
    extras = frozenset({"tags", "vpcId", "ingress", "egress"})
    ignores = {"revokeRulesOnDelete": "the group outlives this resource."}
    required = frozenset({"vpcId"})
    defaults = {"ingress": [], "egress": []}
    identity = ("vpcId",)
    upserts = True
    read_item = "SecurityGroups[0]"
    computed = {"id": "GroupId", "name": "GroupName", "description": "Description", "ownerId": "OwnerId"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}"}
    create_calls = 6

    def create(self, scope: Scope, inputs: Props) -> Created:
        api = self.api(scope, inputs)
        group = self._default_of(api, str(inputs["vpcId"]))
        outputs = self._outputs(scope, inputs, group)
        _permissions.revoke_all(api, "Ingress", group)
        _permissions.revoke_all(api, "Egress", group)
        _permissions.authorize(api, "Ingress", outputs["id"], outputs.get("ingress") or [])
        _permissions.authorize(api, "Egress", outputs["id"], outputs.get("egress") or [])
        Ec2Resource.tags.sync(api, "ec2", outputs, {}, inputs.get("tags") or {})
        return self._created(outputs)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        return None  # the group always exists, and a create sets it right

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        for key, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            outputs[key] = _permissions.settle_rules(outputs.get(key) or [], item.get(member) or [], outputs["id"])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "ingress" in changed:
            _permissions.replace(api, "Ingress", outputs["id"], outputs.get("ingress") or [])
        if "egress" in changed:
            _permissions.replace(api, "Egress", outputs["id"], outputs.get("egress") or [])

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        return None

    def _default_of(self, api: Api, vpc: str) -> dict[str, Any]:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        groups = api("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
        if not groups:
            raise api.refuse("DescribeSecurityGroups", f"The vpc ID '{vpc}' does not exist", "InvalidVpcID.NotFound")
        return dict(groups[0])
