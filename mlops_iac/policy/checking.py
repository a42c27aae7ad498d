"""Asks every policy about every resource it looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_iac.core.errors import PolicyError
from mlops_iac.policy.finding import Finding, Report
from mlops_iac.policy.policy import Policy, Violation
from mlops_iac.policy.resource import Resource, World
from mlops_iac.policy.settings import Settings, Waiver
from mlops_iac.policy.table import policies

BUILT = "blueprint"
"""The setting of a stack file where a finding is shown that no other setting decides: what is built."""


def check(resources: Sequence[Resource], settings: Settings, outputs: Mapping[str, Any] | None = None) -> list[Finding]:
    """What policies find in an environment, those that are waived included, the heaviest first."""
    return list(report(resources, settings, outputs).findings)


def report(resources: Sequence[Resource], settings: Settings, outputs: Mapping[str, Any] | None = None) -> Report:
    """The same with what became of waivers, and with what is not known yet."""
    world = World(
        resources=resources,
        outputs=outputs or {},
        stack=settings.stack,
        profile=settings.profile,
        protects=settings.protects,
    )
    found: list[Finding] = []
    unknown: dict[str, None] = {}
    asked = 0
    for policy in [*policies(), *settings.own]:
        if policy.name in settings.off:
            continue
        looked_at = world.of(*policy.types)
        asked += bool(looked_at)
        for resource in looked_at:
            found += _findings(policy, resource, world, settings)
            unknown |= dict.fromkeys(f"{resource.name}.{path}" for path in resource.unknown)
            resource.unknown.clear()
    used = {id(finding.waiver) for finding in found}
    past = [waiver for waiver in settings.waivers if waiver.expires < settings.today]
    return Report(
        findings=tuple(sorted(found, key=_weight)),
        expired=tuple(past),
        unused=tuple(
            waiver
            for waiver in settings.waivers
            if id(waiver) not in used and waiver not in past and not waiver.is_shared
        ),
        unknown=tuple(unknown),
        off=settings.off,
        asked=asked,
    )


def _weight(finding: Finding) -> tuple[Any, ...]:
    return (finding.waiver is not None, -finding.severity.rank, finding.rule, finding.resource, finding.path)


def _findings(policy: Policy, resource: Resource, world: World, settings: Settings) -> Iterator[Finding]:
    file, line = settings.place(policy.setting or BUILT)
    for violation in _asked(policy, resource, world, settings):
        yield Finding(
            rule=policy.name,
            severity=settings.severity_of(policy),
            wants=policy.wants,
            detail=violation.detail,
            resource=resource.name,
            type=resource.type,
            urn=resource.urn,
            path=violation.path,
            remedy=policy.remedy,
            sources=policy.sources,
            file=file,
            line=line,
            waiver=_waiver(policy.name, resource, settings),
        )


def _asked(policy: Policy, resource: Resource, world: World, settings: Settings) -> list[Violation]:
    try:
        return list(policy.check(resource, world, settings.parameters_of(policy)))
    except Exception as error:  # whatever a stranger's rule raises
        raise PolicyError(
            "A policy broke off.",
            f"`{policy.name}` was asked about `{resource.name}` ({resource.type}): {type(error).__name__}: {error}",
            hint="this is a mistake in the policy; switch it off in mlops-iac.yaml until it is mended.",
        ) from error


def _waiver(rule: str, resource: Resource, settings: Settings) -> Waiver | None:
    holds = (one for one in settings.waivers if one.expires >= settings.today and one.covers(rule, resource))
    return next(holds, None)
