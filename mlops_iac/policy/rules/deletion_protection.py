"""What holds data in production is not deleted by a slip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.facts import loses
from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Example, Policy, Violation
from mlops_iac.policy.resource import EVERY, Resource, World

BUCKET = "aws:s3/bucket:Bucket"
FORCES = ("forceDestroy", "forceDelete")


class DeletionProtection(Policy):
    name = "deletion-protection"
    wants = "What holds data is protected where the environment is."
    why = "One `destroy` of the wrong stack loses what no `up` makes again."
    severity = Severity.ERROR
    types = (EVERY,)
    remedy = (
        "set protect, and leave forceDestroy off; `mlops-iac:protect` of the stack file does both for our components."
    )
    setting = "protect"
    sources = (
        "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_backing_up_data_secured_backups_data.html",
    )
    breaks = (
        Example(resources=[Resource(type=BUCKET, name="lake")], protects=True),
        Example(
            resources=[Resource(type=BUCKET, name="lake", protect=True, inputs={"forceDestroy": True})], protects=True
        ),
    )
    keeps = (
        Example(resources=[Resource(type=BUCKET, name="lake", protect=True)], protects=True),
        Example(resources=[Resource(type=BUCKET, name="lake")], protects=False),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if not world.protects or not loses(resource.type):
            return
        if not resource.protect:
            yield Violation(detail=f"Its deletion loses {loses(resource.type)}, and nothing protects it.")
        for path in FORCES:
            if resource.get(path) is True:
                yield Violation(detail=f"{path} is on: it is deleted with everything in it.", path=path)
