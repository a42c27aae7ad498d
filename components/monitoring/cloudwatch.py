"""What is seen: one dashboard, an alarm for failing pipelines, word of each failed run, and a budget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.budgets import Budget
from pulumi_aws.cloudwatch import Dashboard, EventRule, EventTarget, MetricAlarm

from mlops_iac.components._kit import (
    ApiRef,
    Component,
    EndpointRef,
    Named,
    PipelineRef,
    Reach,
    RunEvents,
    ScalingRef,
    TopicRef,
    render,
)
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.monitoring import widgets
from mlops_iac.components.monitoring.objectives import Objectives
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import BlueprintError

__all__ = ["Monitoring", "MonitoringArgs", "MonitoringNodes"]

# Idle cost: 0.10 $ a month for the alarm of each pipeline; 3.00 $ for the dashboard, of which an account's first
# three are free. Budgets that only notify are free.

MEASURES = ("cloudwatch:GetMetricStatistics",)
READ_LOGS = ("logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents")


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """What is watched, and who is told."""

    alerts: TopicRef
    pipelines: Mapping[str, PipelineRef] = field(default_factory=dict)
    """Pipelines to watch, by name. Left out: none."""
    endpoints: Sequence[EndpointRef] = ()
    """Endpoints to show; their alarms are their own. Left out: none."""
    scaling: Sequence[ScalingRef] = ()
    """What scales endpoints, to show. Left out: nothing does."""
    apis: Sequence[ApiRef] = ()
    """APIs to show. Left out: none."""
    objectives: Objectives | None = None
    """What is promised, to show beside what is. Left out: nothing is promised."""
    monthly_budget_usd: float | None = 100.0
    """Tell when 80 percent of it is spent and when all of it is forecast. Costs are told apart by the tag
    ``mlops-iac:stack``, which must be activated once as a cost allocation tag. None: no budget. Left out: 100 $."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `MonitoringNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class MonitoringNodes:
    dashboard: Dashboard
    pipeline_alarms: Mapping[str, MetricAlarm]
    failed_runs_rule: EventRule | None
    failed_runs_target: EventTarget | None
    budget: Budget | None


class Monitoring(Component):
    """CloudWatch for one environment."""

    Nodes = MonitoringNodes
    people: ClassVar[Declared] = {
        "viewer": (
            Reach(actions=MEASURES),
            Reach(actions=("cloudwatch:DescribeAlarms",), on=("alarm:{stack}-*",)),
            Reach(
                actions=READ_LOGS, on=("log-group:/aws/lambda/{stack}-*", "log-group:/aws/vendedlogs/states/{stack}-*")
            ),
        )
    }

    def __init__(self, place: Named, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        dashboard = self._create_dashboard(args)
        alarms = {name: self._create_alarm(args, name, ref) for name, ref in args.pipelines.items()}
        rule = self._create_rule(args) if args.pipelines else None
        target = self._create_target(args, rule) if rule else None
        budget = self._create_budget(args, args.monthly_budget_usd) if args.monthly_budget_usd is not None else None

        self.nodes = MonitoringNodes(
            dashboard=dashboard,
            pipeline_alarms=alarms,
            failed_runs_rule=rule,
            failed_runs_target=target,
            budget=budget,
        )
        self.dashboard_name: pulumi.Output[str] = dashboard.dashboard_name
        self.budget_name: pulumi.Output[str] | None = budget.name if budget else None
        self.register_outputs({"dashboard_name": dashboard.dashboard_name})

    def _create_dashboard(self, args: MonitoringArgs) -> Dashboard:
        region = self.site.region
        shown = [
            *(widgets.runs(region, name, ref) for name, ref in args.pipelines.items()),
            *(widget for endpoint in args.endpoints for widget in widgets.endpoint(region, endpoint)),
            *(widgets.scaling(region, ref) for ref in args.scaling),
            *(args.objectives.widgets() if args.objectives else ()),
            *(widget for api in args.apis for widget in widgets.api(region, api)),
        ]
        body = render({"widgets": widgets.placed(shown or [widgets.nothing()])})
        return self.make("dashboard", Dashboard, {"dashboard_body": body}, called=self.place.name)

    def _create_alarm(self, args: MonitoringArgs, name: str, ref: PipelineRef) -> MetricAlarm:
        props = {
            "alarm_description": f"Pipeline {name} of {self.site.stack} failed",
            "namespace": ref.failed.namespace,
            "metric_name": ref.failed.name,
            "dimensions": dict(ref.failed.dimensions),
            "statistic": "Sum",
            "comparison_operator": "GreaterThanThreshold",
            "threshold": 0,
            "period": 300,
            "evaluation_periods": 1,
            "treat_missing_data": "notBreaching",
            "alarm_actions": [args.alerts.arn],
        }
        return self.make("pipeline_alarms", MetricAlarm, props, name=f"{name}-failed")

    def _create_rule(self, args: MonitoringArgs) -> EventRule:
        """Word of the runs that nobody would hear of otherwise."""
        untold = _untold(args)
        handles = [args.pipelines[name].handle for name in sorted(args.pipelines)]
        pattern = {
            "source": [untold.source],
            "detail-type": [untold.detail_type],
            "detail": {untold.status: list(untold.statuses), untold.handle: handles},
        }
        props = {
            "description": f"Runs of {self.site.stack} that were stopped or broke off",
            "event_pattern": render(pattern),
        }
        return self.make("failed_runs_rule", EventRule, props)

    def _create_target(self, args: MonitoringArgs, rule: EventRule) -> EventTarget:
        untold = _untold(args)
        transformer = {
            "input_paths": {"run": f"$.detail.{untold.run}", "status": f"$.detail.{untold.status}"},
            "input_template": json.dumps(f"Run <run> of {self.site.stack} ended with <status>."),
        }
        props = {"rule": rule.name, "arn": args.alerts.arn, "target_id": "alerts", "input_transformer": transformer}
        return self.make("failed_runs_target", EventTarget, props)

    def _create_budget(self, args: MonitoringArgs, usd: float) -> Budget:
        if usd <= 0:
            detail = f"Monitoring's `monthly_budget_usd` is {usd}; it must be more than 0."
            raise BlueprintError("Value out of range.", detail, hint="set an amount in USD, or None for no budget.")
        props = {
            "budget_type": "COST",
            "time_unit": "MONTHLY",
            "limit_amount": f"{usd:.2f}",
            "limit_unit": "USD",
            "cost_filters": [{"name": "TagKeyValue", "values": [f"user:{STACK_TAG}${self.site.stack}"]}],
            "notifications": [self._notice(args, "ACTUAL", 80), self._notice(args, "FORECASTED", 100)],
        }
        return self.make("budget", Budget, props)

    def _notice(self, args: MonitoringArgs, kind: str, percent: int) -> dict[str, Any]:
        return {
            "notification_type": kind,
            "comparison_operator": "GREATER_THAN",
            "threshold": percent,
            "threshold_type": "PERCENTAGE",
            "subscriber_sns_topic_arns": [args.alerts.arn],
        }


def _untold(args: MonitoringArgs) -> RunEvents:
    """One rule hears of all pipelines of an environment, so one orchestrator runs them."""
    found = {ref.untold for ref in args.pipelines.values()}
    if len(found) > 1:
        targets = ", ".join(sorted({ref.target for ref in args.pipelines.values()}))
        detail = f"Monitoring is given pipelines of several orchestrators: {targets}."
        raise BlueprintError("Pipelines of several orchestrators.", detail, hint="give each its own monitoring.")
    return found.pop()
