"""No role can become more than its environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import statements
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

ROLE = "aws:iam/role:Role"


class IamBoundary(Policy):
    name = "iam-boundary"
    wants = "A role has a permissions boundary."
    why = "One policy attached by mistake makes a job an administrator."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (ROLE,)
    remedy = "set permissionsBoundary."
    sources = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        "ML Lens 2022 MLSEC-02",
    )
    breaks = (example(ROLE, {"name": "job"}),)
    keeps = (
        example(ROLE, {"permissionsBoundary": "arn:aws-cn:iam::1:policy/boundary"}),
        example(ROLE, {"assumeRolePolicy": {"Statement": {"Effect": "Allow", "Principal": {"Federated": "host"}}}}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        kinds = {kind for _, one in statements(resource) if one.allows for kind, _ in one.principals}
        if kinds == {"Federated"}:
            return  # continuous integration's, which makes the boundaries of environments
        if not resource.has("permissionsBoundary"):
            yield Violation(detail="It has no boundary.", path="permissionsBoundary")
