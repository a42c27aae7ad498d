"""Everybody can say whose a resource is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.facts import find_facts
from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import EVERY, Resource, World

BUCKET = "aws:s3/bucket:Bucket"
OURS = ("mlops-iac:environment", "mlops-iac:stack", "mlops-iac:team")


class RequiredTags(Policy):
    name = "required-tags"
    wants = "A resource that takes tags has those that are required."
    why = "What nobody's name is on is paid for and mended by nobody."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (EVERY,)
    remedy = "add them under `mlops-iac:tags` of the stack file, or under `defaults` of the company's."
    setting = "tags"
    sources = ("https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",)
    parameters = {"tags": OURS}
    about_parameters = {"tags": "The keys that are required."}
    breaks = (
        example(BUCKET, {"bucket": "a"}),
        example(BUCKET, {"tags": dict.fromkeys(OURS, "a")}, parameters={"tags": ("cost-centre",)}),
    )
    keeps = (example(BUCKET, {"tags": dict.fromkeys(OURS, "a")}), example("aws:kms/alias:Alias", {"name": "alias/a"}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        facts = find_facts(resource.type)
        if facts is None or not facts.tags:
            return
        path = "".join(word.capitalize() if number else word for number, word in enumerate(facts.tags.split("_")))
        known = len(resource.unknown)
        tags = resource.get(path, {})
        if len(resource.unknown) > known:
            return
        missing = [key for key in parameters["tags"] if not isinstance(tags, Mapping) or key not in tags]
        if missing:
            yield Violation(detail=f"It has no {', '.join(f'`{key}`' for key in missing)}.", path=path)
