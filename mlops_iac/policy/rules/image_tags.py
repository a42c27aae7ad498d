"""A tag of an image means one image for ever."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

REPOSITORY = "aws:ecr/repository:Repository"


class ImageTags(ValuePolicy):
    name = "image-tags"
    wants = "Tags of a repository cannot be moved to another image."
    why = "What was evaluated and what is served would not be the same."
    severity = Severity.WARNING
    types = (REPOSITORY,)
    remedy = "set imageTagMutability to IMMUTABLE."
    sources = ("Security Hub ECR.2", "ML Lens 2022 MLSEC-05")
    path = "imageTagMutability"
    allowed = ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")
    default = "MUTABLE"
    detail = "Its tags can be moved."
    breaks = (
        example(REPOSITORY, {"imageTagMutability": "MUTABLE"}),
        example(REPOSITORY, {}),
    )
    keeps = (example(REPOSITORY, {"imageTagMutability": "IMMUTABLE"}),)
