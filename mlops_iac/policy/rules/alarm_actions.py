"""Alarms are heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


class AlarmActions(Policy):
    name = "alarm-actions"
    wants = "An alarm tells somebody."
    why = "A red light that nobody sees changes nothing."
    severity = Severity.WARNING
    types = (ALARM,)
    remedy = "name a topic in alarmActions, and leave actionsEnabled on."
    sources = ("Security Hub CloudWatch.15",)
    breaks = (example(ALARM, {"name": "a"}), example(ALARM, {"alarmActions": ["topic"], "actionsEnabled": False}))
    keeps = (example(ALARM, {"alarmActions": ["topic"]}), example(ALARM, {"okActions": ["topic"]}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if not any(resource.has(key) for key in ("alarmActions", "okActions", "insufficientDataActions")):
            yield Violation(detail="It tells nobody.", path="alarmActions")
        elif resource.differs("actionsEnabled", True, default=True):
            yield Violation(detail="Its actions are switched off.", path="actionsEnabled")
