"""aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule."""

from __future__ import annotations

from mlops_iac.cloud.handlers.ec2._group_rule import GroupRule


class SecurityGroupIngressRule(GroupRule):
    """One ingress rule, by AuthorizeSecurityGroupIngress."""

    type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    side = "Ingress"
    create_op = "AuthorizeSecurityGroupIngress"
