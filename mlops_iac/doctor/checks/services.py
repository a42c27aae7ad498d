"""Whether the region has each service that the stack's resources are of.

Source: AWS's own list, in the public parameters of Systems Manager.
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-global-infrastructure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlops_iac.core.facts import find_facts
from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject

PARAMETERS: Final = "/aws/service/global-infrastructure/regions/{region}/services"

GLOBAL: Final = frozenset({"iam", "budgets"})
"""Services without a region."""


def check(subject: Subject) -> Iterator[Finding]:
    needed = sorted(_needed(subject) - GLOBAL)
    offered = _offered(subject)
    missing = [service for service in needed if service not in offered]
    if missing:
        fix = "choose a region that has them, by `aws:region` in the stack file."
        yield failed(f"{subject.region} does not offer {', '.join(missing)}", fix)
    else:
        yield passed(f"{subject.region} offers all {len(needed)} services")


def _needed(subject: Subject) -> set[str]:
    found = {find_facts(resource.type) for resource in subject.built.resources}
    return {facts.service for facts in found if facts}


def _offered(subject: Subject) -> set[str]:
    pages = subject.clients("ssm").get_paginator("get_parameters_by_path")
    path = PARAMETERS.format(region=subject.region)
    return {
        parameter["Name"].rsplit("/", 1)[-1] for page in pages.paginate(Path=path) for parameter in page["Parameters"]
    }
