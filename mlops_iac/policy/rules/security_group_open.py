"""Nobody on the internet knocks at a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
EVERYBODY = ("0.0.0.0/0", "::/0")


class SecurityGroupOpen(Policy):
    name = "security-group-open"
    wants = "No security group lets in the whole internet."
    why = "What listens behind it is found within the hour."
    severity = Severity.ERROR
    types = (GROUP, RULE, OLD_RULE)
    remedy = "name the networks or the groups that may come in."
    sources = ("Security Hub EC2.18", "CIS AWS Foundations 3.0.0 5.2", "CIS AWS Foundations 3.0.0 5.3")
    breaks = (
        example(RULE, {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}),
        example(GROUP, {"ingress": [{"cidrBlocks": ["10.0.0.0/8", "::/0"]}]}),
        example(OLD_RULE, {"type": "ingress", "cidrBlocks": ["0.0.0.0/0"]}),
    )
    keeps = (
        example(RULE, {"cidrIpv4": "10.0.0.0/8"}),
        example(RULE, {"referencedSecurityGroupId": "sg-1"}),
        example(GROUP, {"ingress": [{"cidrBlocks": ["10.0.0.0/8"]}], "egress": [{"cidrBlocks": ["0.0.0.0/0"]}]}),
        example(OLD_RULE, {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if resource.type == OLD_RULE and resource.get("type") != "ingress":
            return
        rows = resource.rows("ingress") if resource.type == GROUP else [resource.inputs]
        for row in rows:
            for network in _networks(row):
                if network in EVERYBODY:
                    path = "ingress" if resource.type == GROUP else ""
                    yield Violation(detail=f"It lets in {network}.", path=path)


def _networks(row: Mapping[str, Any]) -> Iterator[str]:
    for key in ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks"):
        value = row.get(key)
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
