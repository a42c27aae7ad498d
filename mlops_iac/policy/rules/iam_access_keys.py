"""Nobody has a key that lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

KEY = "aws:iam/accessKey:AccessKey"


class IamAccessKeys(Policy):
    name = "iam-access-keys"
    wants = "An environment makes no access key of a user."
    why = "A key that lasts is in a state file, a log, a repository one day."
    severity = Severity.ERROR
    types = (KEY,)
    remedy = "use a role: of the job, or of continuous integration by OIDC."
    sources = (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
        "ML Lens 2022 MLSEC-02",
    )
    breaks = (example(KEY, {"user": "ci"}),)
    keeps = (example(KEY, {"user": "ci", "status": "Inactive"}),)

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if resource.differs("status", "Inactive", default="Active"):
            yield Violation(detail="It is a key that lasts.")
