"""Old images go."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import beside, example

REPOSITORY = "aws:ecr/repository:Repository"
OTHER = "aws:ecr/lifecyclePolicy:LifecyclePolicy"


class ImageLifecycle(BesidePolicy):
    name = "image-lifecycle"
    wants = "A repository has a lifecycle policy."
    why = "It grows for ever, and old holes stay within reach."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE}
    types = (REPOSITORY,)
    remedy = "give it a LifecyclePolicy."
    sources = ("Security Hub ECR.3",)
    other = OTHER
    speaks_by = "repository"
    detail = "It has no lifecycle policy."
    breaks = (example(REPOSITORY, {"name": "a"}),)
    keeps = (example(REPOSITORY, {"name": "a"}, beside(OTHER, repository="a")),)
