"""A role that starts jobs cannot give them a mightier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import IDENTITY, Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import Violation, beside, example
from mlops_iac.policy.resource import Resource, World

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
BOUNDED = beside(ROLE, permissionsBoundary="most")
PASS = {"Effect": "Allow", "Action": "iam:PassRole"}


class IamPassRole(StatementPolicy):
    name = "iam-pass-role"
    wants = "A role may pass named roles to named services only."
    why = "Who may pass any role to a job has every role's rights."
    severity = Severity.ERROR
    types = tuple(IDENTITY)
    remedy = "name the roles, and the service in a condition on iam:PassedToService."
    sources = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "ML Lens 2022 MLSEC-02",
    )
    breaks = (
        example(ROLE_POLICY, {"policy": {"Statement": {**PASS, "Resource": "*"}}}),
        example(ROLE_POLICY, {"policy": {"Statement": {**PASS, "Resource": "arn:aws-cn:iam::1:role/a"}}}),
    )
    keeps = (
        example(POLICY, {"name": "most", "policy": {"Statement": {**PASS, "Resource": "*"}}}, BOUNDED),
        example(
            ROLE_POLICY,
            {
                "policy": {
                    "Statement": {
                        **PASS,
                        "Resource": "arn:aws-cn:iam::1:role/a",
                        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
                    }
                }
            },
        ),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if not world.beside(resource, ROLE, "permissionsBoundary"):  # a boundary allows nothing by itself
            yield from super().check(resource, world, parameters)

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        if not statement.allows or "iam:passrole" not in {action.lower() for action in statement.actions}:
            return
        if "*" in statement.resources:
            yield "lets any role be passed."
        elif "iam:passedtoservice" not in statement.condition_keys():
            yield "lets roles be passed to any service."
