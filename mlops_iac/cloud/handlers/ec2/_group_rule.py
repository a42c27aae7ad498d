"""What the two kinds of security group rule share."""

from __future__ import annotations

from typing import Any, ClassVar

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._permissions import Side
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

SOURCES = {
    "cidrIpv4": ("IpRanges", "CidrIp"),
    "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListId": ("PrefixListIds", "PrefixListId"),
    "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
"""Input to its list in IpPermissions and the member there."""


class GroupRule(Ec2Resource):
    """AuthorizeSecurityGroup…, DescribeSecurityGroupRules, RevokeSecurityGroup… by the rule's id. What the rule
    says cannot change in place here (moto's ModifySecurityGroupRules loses fields), so a change replaces it;
    tags change in place."""

    side: ClassVar[Side]
    tag_type, ids_param = "security-group-rule", "SecurityGroupRuleIds"
    read_op = "DescribeSecurityGroupRules"
    extras = frozenset({"tags", "securityGroupId", "ipProtocol", "fromPort", "toPort", "description", *SOURCES})
    required = frozenset({"securityGroupId", "ipProtocol"})
    identity = ("securityGroupId", "ipProtocol", "fromPort", "toPort", *SOURCES)
    replace_on = frozenset({"description"})
    item = "SecurityGroupRules[0]"
    computed = {"id": "SecurityGroupRuleId", "securityGroupRuleId": "SecurityGroupRuleId"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}"}

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        given = [key for key in SOURCES if key in inputs]
        if len(given) != 1:
            listed = ", ".join(f"`{key}`" for key in SOURCES)
            raise CloudError(
                "Wrong number of sources.",
                f"`{self.type}` takes exactly one of {listed}; it has {len(given)}.",
                resource=self.type,
            )

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        permission: dict[str, Any] = {"IpProtocol": str(inputs["ipProtocol"])}
        if permission["IpProtocol"] != "-1":
            permission |= {"FromPort": int(inputs["fromPort"]), "ToPort": int(inputs["toPort"])}
        described = {"Description": inputs["description"]} if inputs.get("description") else {}
        for key, (member, inner) in SOURCES.items():
            if inputs.get(key):
                permission[member] = [{inner: inputs[key], **described}]
        tagged = super().create_params(scope, inputs)
        return {**tagged, "GroupId": inputs["securityGroupId"], "IpPermissions": [permission]}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe(self.read_op, SecurityGroupRuleIds=[outputs["id"]])
        return next(iter(answer["SecurityGroupRules"]), None) if answer else None

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        filters = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        for rule in self.api(scope, inputs)(self.read_op, Filters=filters)["SecurityGroupRules"]:
            if self._is(rule, inputs):
                return self.read(scope, rule["SecurityGroupRuleId"], inputs)
        return None

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if self.fetch(api, scope, outputs):
            api.maybe(
                f"RevokeSecurityGroup{self.side}",
                GroupId=outputs["securityGroupId"],
                SecurityGroupRuleIds=[outputs["id"]],
            )

    def _is(self, rule: dict[str, Any], inputs: Props) -> bool:
        if rule["IsEgress"] != (self.side == "Egress") or rule["IpProtocol"] != str(inputs["ipProtocol"]):
            return False
        ports = rule["IpProtocol"] == "-1" or (
            rule.get("FromPort") == int(inputs["fromPort"]) and rule.get("ToPort") == int(inputs["toPort"])
        )
        found = {
            "cidrIpv4": rule.get("CidrIpv4"),
            "cidrIpv6": rule.get("CidrIpv6"),
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
        }
        return ports and all((found[key] or None) == (inputs.get(key) or None) for key in SOURCES)
