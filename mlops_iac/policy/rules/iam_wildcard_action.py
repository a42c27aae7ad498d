"""Rights are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import IDENTITY, Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import example
from mlops_iac.policy.resource import Resource

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


class IamWildcardAction(StatementPolicy):
    name = "iam-wildcard-action"
    wants = "A statement names each action that it allows."
    why = "A star allows what AWS will invent next year, too."
    severity = Severity.ERROR
    types = tuple(IDENTITY)
    remedy = "name the actions."
    sources = ("Security Hub IAM.21", "CIS AWS Foundations 3.0.0 1.16", "ML Lens 2022 MLSEC-02")
    breaks = (
        example(ROLE_POLICY, {"policy": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}),
        example(ROLE_POLICY, {"policy": {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}}),
    )
    keeps = (
        example(ROLE_POLICY, {"policy": {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}),
        example(ROLE_POLICY, {"policy": {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}}),
    )

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        wide = [action for action in statement.actions if "*" in action]
        if statement.allows and wide:
            yield f"allows {', '.join(wide)}."
        elif statement.allows and not statement.actions:
            yield "allows all but what it names."
