"""Rights are about something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.core.unscoped import UNSCOPED
from mlops_iac.policy.documents import IDENTITY, Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import example
from mlops_iac.policy.resource import Resource

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
WIDER = (
    "batch:Describe*",
    "ec2:*NetworkInterface*",
    "ec2:Describe*",
    "logs:*LogDelivery",
    "logs:Describe*",
    "states:SendTask*",
    "sts:GetCallerIdentity",
    "xray:Get*",
    "xray:Put*",
)
"""What others grant, and ours do not: more actions of the same kinds."""


def _known() -> tuple[str, ...]:
    """All actions that ours may grant on every resource, and those that are like them."""
    named = [one for one in UNSCOPED if not any(fnmatchcase(one, wide) for wide in WIDER)]
    return tuple(sorted([*WIDER, *named]))


class IamWildcardResource(StatementPolicy):
    name = "iam-wildcard-resource"
    wants = "A statement names the resources that it is about."
    why = "A job that may read every bucket reads the other teams' data."
    severity = Severity.ERROR
    by_profile = {"sandbox": Severity.WARNING}
    types = tuple(IDENTITY)
    remedy = "name the resources, or narrow the statement by a condition."
    sources = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "ML Lens 2022 MLSEC-02",
    )
    parameters = {"unscoped": _known()}
    about_parameters = {"unscoped": "Actions that AWS knows no resource for; `*` stands for anything."}
    breaks = (
        example(ROLE_POLICY, {"policy": {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}),
    )
    keeps = (
        example(
            ROLE_POLICY, {"policy": {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "arn:aws-cn:a:::b"}}}
        ),
        example(
            ROLE_POLICY,
            {"policy": {"Statement": {"Effect": "Allow", "Action": ["ec2:DescribeVpcs"], "Resource": ["*"]}}},
        ),
    )

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        if not statement.allows or "*" not in statement.resources or statement.conditions:
            return
        wide = [
            one for one in statement.actions if not any(fnmatchcase(one, known) for known in parameters["unscoped"])
        ]
        if wide:
            yield f"allows {', '.join(wide)} on every resource."
