"""The group that everything falls into when nobody says which lets nothing through."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core import urns
from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import Violation, example
from mlops_iac.policy.resource import Resource

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"


class DefaultSecurityGroup(BesidePolicy):
    name = "default-security-group"
    wants = "The default security group of a VPC is empty."
    why = "What was put into no group on purpose may speak with everything beside it."
    severity = Severity.WARNING
    types = (VPC,)
    remedy = "add a DefaultSecurityGroup of the VPC without rules."
    sources = ("Security Hub EC2.2", "CIS AWS Foundations 3.0.0 5.4")
    other = GROUP
    speaks_by = "vpcId"
    detail = "Nothing closes its default security group."
    breaks = (example(VPC, {"cidrBlock": "10.0.0.0/16"}),)
    keeps = (
        example(
            VPC,
            {"cidrBlock": "10.0.0.0/16"},
            Resource(type=GROUP, name="group", inputs={}, links={"vpcId": [urns.make("a-dev", "a", VPC, "example")]}),
        ),
    )

    def check_beside(self, other: Resource) -> Iterator[Violation]:
        if other.rows("ingress") or other.rows("egress"):
            yield Violation(detail=f"`{other.name}` has rules.")
