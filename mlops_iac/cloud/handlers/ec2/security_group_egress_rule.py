"""aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule."""

from __future__ import annotations

from mlops_iac.cloud.handlers.ec2._group_rule import GroupRule


class SecurityGroupEgressRule(GroupRule):
    """One egress rule, by AuthorizeSecurityGroupEgress."""

    type = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    side = "Egress"
    create_op = "AuthorizeSecurityGroupEgress"
