"""Logs are kept for as long as somebody needs them, and no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
DAYS = {"sandbox": 7, "standard": 30, "regulated": 365}


class LogRetention(Policy):
    name = "log-retention"
    wants = "A log group keeps its logs for a time that is set, and long enough."
    why = "Logs without an end cost more each month; logs of a week answer nothing after an incident."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (LOG_GROUP,)
    remedy = "set retentionInDays."
    setting = "security"
    sources = ("Security Hub CloudWatch.16",)
    parameters = {"at_least_days": 0}
    about_parameters = {"at_least_days": "The shortest time; 0 is 7 days in sandbox, 30 in standard, 365 in regulated."}
    breaks = (
        example(LOG_GROUP, {"name": "a"}),
        example(LOG_GROUP, {"retentionInDays": 30}, profile="regulated"),
        example(LOG_GROUP, {"retentionInDays": 30}, parameters={"at_least_days": 90}),
    )
    keeps = (
        example(LOG_GROUP, {"retentionInDays": 30}),
        example(LOG_GROUP, {"retentionInDays": 365}, profile="regulated"),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        least = parameters["at_least_days"] or DAYS.get(world.profile, 0)
        known = len(resource.unknown)
        days = resource.get("retentionInDays", 0)
        if len(resource.unknown) > known:
            return
        if not days:
            yield Violation(detail="It keeps logs for ever.", path="retentionInDays")
        elif isinstance(days, int | float) and days < least:
            yield Violation(detail=f"It keeps logs for {days:g} days; {least} are wanted.", path="retentionInDays")
