"""What an endpoint promises, and alarms that say how fast the promise is being used up.

An objective leaves a budget: 99.9 % of answers without an error leave 0.1 % with one. An alarm looks at how many times
faster than that errors come: 14.4 times over an hour uses up 2 % of a month's budget, 6 times over six hours 5 %.
Source: "Alerting on SLOs", The Site Reliability Workbook (https://sre.google/workbook/alerting-on-slos/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import MetricAlarm

from mlops_iac.components._kit import Component, EndpointRef, Named, TopicRef
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.monitoring.widgets import Widget, objective
from mlops_iac.core.errors import BlueprintError

__all__ = ["Latency", "Objectives", "ObjectivesArgs", "ObjectivesNodes"]

# Idle cost: 0.10 $ a month for each alarm: two for errors, two for latency.

WINDOWS: Final[Mapping[str, tuple[int, float]]] = {"fast": (3600, 14.4), "slow": (21600, 6.0)}
"""Each alarm's window in seconds, and how many times faster than the budget allows errors may come in it."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How many answers come in time."""

    milliseconds: int
    """In the model, 1 to 60,000."""
    percent: float = 99.0
    """Of answers, 50 to 99.9. Left out: 99."""


@dataclass(frozen=True, kw_only=True)
class ObjectivesArgs:
    """What is promised."""

    endpoint: EndpointRef
    availability_percent: float | None = None
    """Answers without an error of the endpoint's own, 90 to 99.99. Left out: nothing is promised of errors."""
    latency: Latency | None = None
    """Left out: nothing is promised of time."""
    alerts: TopicRef | None = None
    """Topic that the alarms tell. Left out: they are seen in the console only."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `ObjectivesNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ObjectivesNodes:
    error_alarms: Mapping[str, MetricAlarm]
    latency_alarms: Mapping[str, MetricAlarm]


class Objectives(Component):
    """Alarms on what an endpoint promises."""

    Nodes = ObjectivesNodes

    def __init__(self, place: Named, args: ObjectivesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__(place, args.transforms, opts)
        self._args = args
        percent, promised = args.availability_percent, args.latency
        errors = {name: self._create_error_alarm(name, percent) for name in WINDOWS} if percent is not None else {}
        slow = {name: self._create_latency_alarm(name, promised) for name in WINDOWS} if promised is not None else {}

        self.nodes = ObjectivesNodes(error_alarms=errors, latency_alarms=slow)
        self.alarms: Mapping[str, pulumi.Output[str]] = {
            **{f"errors-{name}": alarm.name for name, alarm in errors.items()},
            **{f"latency-{name}": alarm.name for name, alarm in slow.items()},
        }
        self.register_outputs({"alarms": dict(self.alarms)})

    def widgets(self) -> list[Widget]:
        """The errors and the time of the last hours beside what is promised."""
        region, endpoint = self.site.region, self._args.endpoint
        place = ["EndpointName", endpoint.name, "VariantName", endpoint.settings["VariantName"]]
        percent, promised = self._args.availability_percent, self._args.latency
        found = []
        if percent is not None:
            bound, title = round(1 - percent / 100, 6), f"Rate of errors; {percent:g} % without one are promised"
            metric = ["AWS/SageMaker", "Invocation5XXErrors", *place]
            found.append(objective(region, title, metric, "Average", bound, "promised"))
        if promised is not None:
            title = f"Time of {promised.percent:g} % of answers (microseconds); {promised.milliseconds} ms are promised"
            metric = ["AWS/SageMaker", "ModelLatency", *place]
            bound = promised.milliseconds * 1000
            found.append(objective(region, title, metric, f"p{promised.percent:g}", bound, "promised"))
        return found

    def _create_error_alarm(self, name: str, percent: float) -> MetricAlarm:
        """SageMaker counts 0 or 1 for each request: the average is the rate of errors."""
        window, times = WINDOWS[name]
        props = {
            "alarm_description": f"{self.site.stack} errs {times:g} times faster than {percent:g} % allow, over "
            f"{window // 3600} h",
            "metric_name": "Invocation5XXErrors",
            "statistic": "Average",
            "threshold": round((1 - percent / 100) * times, 6),
            "period": window,
        }
        return self.make("error_alarms", MetricAlarm, {**self._alarm(), **props}, name=f"errors-{name}")

    def _create_latency_alarm(self, name: str, promised: Latency) -> MetricAlarm:
        window, _ = WINDOWS[name]
        props = {
            "alarm_description": f"Less than {promised.percent:g} % of {self.site.stack}'s answers came within "
            f"{promised.milliseconds} ms, over {window // 3600} h",
            "metric_name": "ModelLatency",
            "extended_statistic": f"p{promised.percent:g}",
            "threshold": promised.milliseconds * 1000,  # SageMaker counts microseconds
            "period": window,
        }
        return self.make("latency_alarms", MetricAlarm, {**self._alarm(), **props}, name=f"latency-{name}")

    def _alarm(self) -> dict[str, Any]:
        endpoint, alerts = self._args.endpoint, self._args.alerts
        return {
            "namespace": "AWS/SageMaker",
            "dimensions": {"EndpointName": endpoint.name, "VariantName": endpoint.settings["VariantName"]},
            "comparison_operator": "GreaterThanThreshold",
            "evaluation_periods": 1,
            "treat_missing_data": "notBreaching",
            "alarm_actions": [alerts.arn] if alerts else [],
        }


def _check(args: ObjectivesArgs) -> None:
    """Raise BlueprintError for a promise that nobody can keep or miss."""
    ranges: list[tuple[str, float, float, float]] = []
    if args.availability_percent is not None:
        ranges.append(("availability_percent", args.availability_percent, 90, 99.99))
    if args.latency is not None:
        ranges += [("milliseconds", args.latency.milliseconds, 1, 60_000), ("percent", args.latency.percent, 50, 99.9)]
    for name, value, least, most in ranges:
        if not least <= value <= most:
            detail = f"The objectives' `{name}` is {value:g}; it may be {least:g} to {most:g}."
            raise BlueprintError("Value out of range.", detail, hint=f"set `{name}` within these bounds.")
    if not ranges:
        detail = "Neither availability_percent nor latency is given."
        raise BlueprintError("Nothing is promised.", detail, hint="give one of them, or leave the objectives out.")
