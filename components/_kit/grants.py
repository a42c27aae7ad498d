"""Permissions as data: owners grant, roles render, the boundary is the sum of what owners may grant.

The lake knows which actions reading needs; the trainer does not. ``lake.grant_read(role)`` makes a `Grant` and gives
it to the role, which renders all its grants into one inline policy. What the lake may grant at all it declares as its
`Reach` (``_kit/reach.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    "ecs:DiscoverPollEndpoint": "ECS offers no resource for it.",
    "ecr:GetAuthorizationToken": "ECR's token is for the whole registry.",
    "logs:CreateLogDelivery": "CloudWatch Logs' vended delivery API takes no resource.",
    "logs:DeleteLogDelivery": "as logs:CreateLogDelivery",
    "logs:DescribeLogGroups": "as logs:CreateLogDelivery",
    "logs:DescribeResourcePolicies": "as logs:CreateLogDelivery",
    "logs:GetLogDelivery": "as logs:CreateLogDelivery",
    "logs:ListLogDeliveries": "as logs:CreateLogDelivery",
    "logs:PutResourcePolicy": "as logs:CreateLogDelivery",
    "logs:UpdateLogDelivery": "as logs:CreateLogDelivery",
    "s3:GetAccountPublicAccessBlock": "It is a setting of the account.",
    "xray:GetSamplingRules": "X-Ray offers no resource for it.",
    "xray:GetSamplingTargets": "X-Ray offers no resource for it.",
    "xray:PutTelemetryRecords": "X-Ray offers no resource for it.",
    "xray:PutTraceSegments": "X-Ray offers no resource for it.",
}
"""Actions for which AWS offers no resource-level permission, and why. Only these may be granted on ``*``."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one owner allows: named actions on named resources."""

    owner: str
    """Name of the component that allows it (``lake``): two lakes are two owners."""
    what: str
    """What it allows, one word or two (``read``): one owner means the same actions and conditions by it each time."""
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """IAM condition operator to key to value. Left out: none."""

    def __post_init__(self) -> None:
        problems = [f"action `{action}` has a wildcard" for action in self.actions if "*" in action]
        if "*" in self.resources:
            problems += [f"`{action}` on every resource" for action in self.actions if action not in UNSCOPED]
        if not self.actions or not self.resources or not _words(self.owner) or not _words(self.what):
            problems.append("a grant has an owner, a word for what it allows, at least one action and one resource")
        if problems:
            raise BlueprintError(
                "A grant is too wide.",
                f"Grant `{self.sid}`: {'; '.join(problems)}.",
                hint="name each action and resource; what AWS cannot scope is listed in components/_kit/grants.py.",
            )

    @property
    def sid(self) -> str:
        """Letters and digits, as IAM takes them: ``LakeRead``."""
        return "".join(word[:1].upper() + word[1:] for word in (*_words(self.owner), *_words(self.what)))

    def united(self, other: Grant) -> Grant:
        """Both as one, on the resources of both. Raises BlueprintError when they are not about the same."""
        if (self.owner, self.what) != (other.owner, other.what) or self._terms() != other._terms():
            raise BlueprintError(
                "Two grants have one name.",
                f"`{self.sid}` is `{self.what}` of `{self.owner}`, and `{other.what}` of `{other.owner}` with other "
                "actions or conditions.",
                hint="give what an owner allows a word of its own for each set of actions and conditions.",
            )
        known = {id(resource) for resource in self.resources} | {r for r in self.resources if isinstance(r, str)}
        more = tuple(r for r in other.resources if id(r) not in known and not (isinstance(r, str) and r in known))
        return replace(self, resources=(*self.resources, *more))

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

    def _terms(self) -> tuple[frozenset[str], str]:
        """Actions and conditions, comparable: an Output among the values stands for its operator and key only."""
        keys = sorted(
            (operator, key, "" if isinstance(value, pulumi.Output) else repr(value))
            for operator, of in self.conditions.items()
            for key, value in of.items()
        )
        return frozenset(self.actions), repr(keys)


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", name)
