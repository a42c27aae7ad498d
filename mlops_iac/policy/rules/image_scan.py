"""Images are looked through for known holes when they are pushed."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

REPOSITORY = "aws:ecr/repository:Repository"


class ImageScan(ValuePolicy):
    name = "image-scan"
    wants = "A repository scans each image when it is pushed."
    why = "A hole that everybody knows goes into every job."
    severity = Severity.WARNING
    types = (REPOSITORY,)
    remedy = "set imageScanningConfiguration.scanOnPush to true, or scan the whole registry and switch this policy off."
    sources = ("Security Hub ECR.1",)
    path = "imageScanningConfiguration.scanOnPush"
    allowed = (True,)
    default = False
    detail = "Nothing is scanned when it is pushed."
    breaks = (example(REPOSITORY, {"name": "a"}),)
    keeps = (example(REPOSITORY, {"imageScanningConfiguration": {"scanOnPush": True}}),)
