"""Somebody is told when a model stops answering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, beside, example
from mlops_iac.policy.resource import STACK, Resource, World

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
OUTPUTS = {"endpoints": {"main": {"name": "churn-endpoint"}}}


class EndpointAlarms(Policy):
    name = "endpoint-alarms"
    wants = "An endpoint has an alarm."
    why = "Its users find out first that it fails."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (STACK,)
    remedy = "add a MetricAlarm on its errors with the dimension EndpointName."
    setting = "options.serving"
    sources = ("ML Lens 2022 MLOE-12",)
    breaks = (
        example(STACK, {}, outputs=OUTPUTS),
        example(STACK, {}, beside(ALARM, dimensions={"EndpointName": "another"}), outputs=OUTPUTS),
    )
    keeps = (
        example(STACK, {}, beside(ALARM, dimensions={"EndpointName": "churn-endpoint"}), outputs=OUTPUTS),
        example(STACK, {}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        watched = {one.get("dimensions.EndpointName") for one in world.of(ALARM)}
        endpoints = world.outputs.get("endpoints")
        for name, endpoint in endpoints.items() if isinstance(endpoints, Mapping) else ():
            called = endpoint.get("name") if isinstance(endpoint, Mapping) else None
            if isinstance(called, str) and called not in watched:
                yield Violation(detail=f"Endpoint `{name}` ({called}) has none.")
