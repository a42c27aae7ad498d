"""Permissions as data: owners grant, roles render.

The lake knows which actions reading needs; the trainer does not. ``lake.grant_read(role)`` makes a `Grant` and gives
it to the role, which renders all its grants into one inline policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from mlops_iac.core.errors import BlueprintError

UNSCOPED: dict[str, str] = {
    "batch:DescribeJobs": "Batch Describe calls take no resource.",
    "cloudwatch:PutMetricData": "CloudWatch scopes it by namespace only; the grant must name it in a condition.",
    "ec2:CreateNetworkInterface": "SageMaker's and Batch's own calls on network interfaces that do not exist yet.",
    "ec2:CreateNetworkInterfacePermission": "as ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface": "as ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission": "as ec2:CreateNetworkInterface",
    "ec2:DescribeDhcpOptions": "EC2 Describe calls take no resource.",
    "ec2:DescribeNetworkInterfaces": "EC2 Describe calls take no resource.",
    "ec2:DescribeSecurityGroups": "EC2 Describe calls take no resource.",
    "ec2:DescribeSubnets": "EC2 Describe calls take no resource.",
    "ec2:DescribeVpcs": "EC2 Describe calls take no resource.",
    "ecr:GetAuthorizationToken": "ECR's token is for the whole registry.",
    "logs:CreateLogDelivery": "CloudWatch Logs' vended delivery API takes no resource.",
    "logs:DeleteLogDelivery": "as logs:CreateLogDelivery",
    "logs:DescribeLogGroups": "as logs:CreateLogDelivery",
    "logs:DescribeResourcePolicies": "as logs:CreateLogDelivery",
    "logs:GetLogDelivery": "as logs:CreateLogDelivery",
    "logs:ListLogDeliveries": "as logs:CreateLogDelivery",
    "logs:PutResourcePolicy": "as logs:CreateLogDelivery",
    "logs:UpdateLogDelivery": "as logs:CreateLogDelivery",
    "xray:GetSamplingRules": "X-Ray offers no resource for it.",
    "xray:GetSamplingTargets": "X-Ray offers no resource for it.",
    "xray:PutTelemetryRecords": "X-Ray offers no resource for it.",
    "xray:PutTraceSegments": "X-Ray offers no resource for it.",
}
"""Actions for which AWS offers no resource-level permission, and why. Only these may be granted on ``*``."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one owner allows: named actions on named resources."""

    sid: str
    """Letters and digits, unique within a role: the owner, then what it allows (``LakeReadRaw``)."""
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """IAM condition operator to key to value. Left out: none."""

    def __post_init__(self) -> None:
        problems = [f"action `{action}` has a wildcard" for action in self.actions if "*" in action]
        if "*" in self.resources:
            problems += [f"`{action}` on every resource" for action in self.actions if action not in UNSCOPED]
        if not self.actions or not self.resources or not self.sid.isalnum():
            problems.append("a grant has a sid of letters and digits, at least one action and one resource")
        if problems:
            raise BlueprintError(
                "A grant is too wide.",
                f"Grant `{self.sid}`: {'; '.join(problems)}.",
                hint="name each action and resource; what AWS cannot scope is listed in components/_kit/grants.py.",
            )

    def statement(self) -> dict[str, Any]:
        """The grant as one statement of a policy document; values may be Outputs."""
        statement: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(set(self.actions)),
            "Resource": list(self.resources),
        }
        if self.conditions:
            statement["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return statement
